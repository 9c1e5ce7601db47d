/**
 * devflow as it starts: one file without packages. It performs itself what scripts and people ask most, in about the time that
 * Node takes to start; for everything else, help and misspelt words included, it loads the full client.
 */
import type { Command, ExitCode } from "../command.ts";
import attach from "../commands/attach.ts";
import ctlPing from "../commands/ctl/ping.ts";
import ctlStatus from "../commands/ctl/status.ts";
import runsList from "../commands/runs/list.ts";
import sessionsList from "../commands/sessions/list.ts";
import { concluded, perform } from "../perform.ts";
import { realWorld } from "../world.ts";

interface Quick {
  command: Command;
  /** The name of its one argument's input field. */
  argument?: string;
  /** Flags without a value → the input field that they set. */
  flags?: Readonly<Record<string, string>>;
}

const QUICK: Readonly<Record<string, Quick>> = {
  "ctl ping": { command: ctlPing },
  "ctl status": { command: ctlStatus },
  "runs list": { command: runsList, flags: { "--active": "active" } },
  "sessions list": { command: sessionsList, flags: { "-a": "all", "--all": "all" } },
  attach: { command: attach, argument: "session", flags: { "-r": "readOnly", "--read-only": "readOnly" } },
};

interface Understood {
  command: Command;
  input: Record<string, unknown>;
  start: boolean;
}

/** The quick command that these words are beyond doubt, or `undefined`: then the full client's parser has the word. */
export function understood(argv: readonly string[]): Understood | undefined {
  const words = argv.filter((word) => !word.startsWith("-"));
  const path = Object.keys(QUICK).find((known) => `${words.join(" ")} `.startsWith(`${known} `));
  const quick = path === undefined ? undefined : QUICK[path];
  if (path === undefined || quick === undefined) return undefined;
  const { command, argument, flags = {} } = quick;
  const rest = words.slice(path.split(" ").length);
  if (rest.length !== (argument === undefined ? 0 : 1)) return undefined;

  const input: Record<string, unknown> = argument === undefined ? {} : { [argument]: rest[0] };
  let start = true;
  for (const flag of argv.filter((word) => word.startsWith("-"))) {
    const field = flags[flag];
    if (field !== undefined) input[field] = true;
    else if (flag === "--no-start") start = false;
    else if (flag !== "--json") return undefined;
  }
  return { command, input, start };
}

export async function main(argv: readonly string[]): Promise<ExitCode> {
  const quick = understood(argv);
  if (quick === undefined) return (await import("../main.ts")).main(argv);
  const world = realWorld();
  return concluded(argv, world, (out) => perform(quick.command, quick, world, out));
}
