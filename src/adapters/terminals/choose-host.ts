/** Which terminal host to use here: tmux where it works, else the pty host. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Failure } from "../../domain/failure.ts";
import type { OutputScrubber } from "../../domain/terminal-scrub.ts";
import type { EndProcesses } from "../../ports/processes.ts";
import type { TerminalHost } from "../../ports/terminal-host.ts";
import { type PtyHostOptions, ptyHost } from "./pty-host.ts";
import { type TmuxHostOptions, tmuxHost } from "./tmux-host.ts";

/** Control mode with flow control came with 3.2. */
const OLDEST: readonly [number, number] = [3, 2];

export interface HostChoice {
  wanted: "auto" | "tmux" | "pty";
  tmux: Pick<TmuxHostOptions, "directory" | "stateDirectory">;
  pty: Pick<PtyHostOptions, "directory" | "stateDirectory" | "holder">;
  endProcesses: EndProcesses;
  /** Takes secrets out of what is recorded: one for each terminal. */
  scrub?: () => OutputScrubber;
  onProblem(problem: string): void;
}

export async function chooseHost({
  wanted,
  tmux,
  pty,
  endProcesses,
  scrub,
  onProblem,
}: HostChoice): Promise<TerminalHost> {
  const problem = wanted === "pty" ? "it is switched off" : await tmuxProblem();
  if (problem === undefined) return tmuxHost({ ...tmux, endProcesses, scrub, onProblem });
  if (wanted === "tmux") throw new Failure("terminal.no_host", { problem });
  if (wanted === "auto") onProblem(`tmux is not used: ${problem}`);
  return ptyHost({ ...pty, endProcesses, scrub });
}

/** Why tmux cannot be used here; undefined when it can. */
async function tmuxProblem(): Promise<string | undefined> {
  const version = await promisify(execFile)("tmux", ["-V"]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (version === undefined) return "it is not installed";
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(version) ?? [];
  const old = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  return old ? `${version} is older than ${OLDEST.join(".")}` : undefined;
}
