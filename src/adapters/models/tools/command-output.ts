/** What a model sees of a command's output: its end, and where the rest can be read. */
import { SCRATCH } from "../../../domain/artifact.ts";
import type { ProgramResult } from "../../system/run-program.ts";
import { inside } from "./inside.ts";
import type { Worktree } from "./worktree.ts";
import { replaceFile } from "./write-file.ts";

/** Of each output, some 4 000 tokens: failures are told at the end. */
const SHOWN_CHARACTERS = 16_000;

interface Output {
  text: string;
  cut: boolean;
}

export function outputText(worktree: Worktree, key: string, result: ProgramResult): Output {
  const how = result.exitCode === null ? `ended by ${result.signal}` : `exit code ${result.exitCode}`;
  const streams = [part("stdout", result.stdout), part("stderr", result.stderr)].filter(({ text }) => text !== "");
  const cut = result.truncated || streams.some((stream) => stream.cut);
  const head = `[${how}, ${(result.durationMs / 1_000).toFixed(1)} s]`;
  const body = streams.length === 0 ? "[no output]" : streams.map(({ text }) => text).join("\n");
  return { text: [head, body, ...(cut ? [`[${restOf(worktree, key, result)}]`] : [])].join("\n"), cut };
}

function part(name: string, output: string): Output {
  if (output === "") return { text: "", cut: false };
  const cut = output.length > SHOWN_CHARACTERS;
  const end = cut ? output.slice(-SHOWN_CHARACTERS).replace(/^[\udc00-\udfff]/, "") : output;
  const note = cut ? `, its last ${end.length} of ${output.length} characters` : "";
  return { text: `--- ${name}${note}\n${end.replace(/\n$/, "")}`, cut };
}

/** Kept where it is never committed, to be read with read_file. */
function restOf(worktree: Worktree, key: string, { stdout, stderr, truncated }: ProgramResult): string {
  const path = `${SCRATCH}/outputs/${key.slice(0, 16)}.txt`;
  const more = truncated ? "; the beginning of it was too long to be kept" : "";
  const kept =
    inside(worktree, SCRATCH, {}, ({ stats }) => stats?.isDirectory() === true) === true &&
    inside(worktree, path, { make: () => undefined }, (place) => replaceFile(place, `${stdout}${stderr}`, key)) ===
      undefined;
  return kept
    ? `the output is in ${path}: read it with read_file${more}`
    : `the rest was not kept: run it again in a way that says less${more}`;
}
