/**
 * A command: its name, its texts and what it does. It opens no socket, formats nothing and never ends the process:
 * it asks the client, hands values to `out`, and returns an exit code.
 */
import { FAILURES, Failure } from "../domain/failure.ts";
import type { RunView } from "../domain/view.ts";
import type { MessageKey } from "../messages/en.ts";
import { say } from "../messages/say.ts";
import type { Bell } from "./bell.ts";
import type { Client } from "./client.ts";
import type { AgentShelf, Definitions, KeyChest } from "./compose/offers.ts";
import type { ConsentDesk } from "./consent-file.ts";
import type { Ground } from "./doctor/ground.ts";
import type { Out } from "./out.ts";
import type { Terminal } from "./terminal.ts";

export interface CommandContext {
  /** Connects with the first request, and starts the daemon for it when none runs. */
  client: Client;
  /** The same while a daemon runs; none is started. */
  running: () => Promise<Client | undefined>;
  /** Starts the daemon again where it has gone away and may be started. */
  revive: () => Promise<void>;
  /** Reads personas, templates and schemas; needs no daemon. */
  definitions: () => Promise<Definitions>;
  /** Reads agents' profiles and looks for their programs; needs no daemon. */
  agents: () => Promise<AgentShelf>;
  /** Reads and keeps keys; needs no daemon. `patient`: somebody is there to open a keyring. */
  keys: (options: { patient: boolean }) => Promise<KeyChest>;
  /** What somebody has agreed to. */
  consent: ConsentDesk;
  /** What devflow doctor asks; needs no daemon. */
  ground: (running: Ground["running"]) => Promise<Ground>;
  /** Told what happens in a run that is looked at. */
  bell: Bell;
  out: Out;
  terminal: Terminal;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Aborts when the user presses Ctrl-C: what follows ends, what was started goes on. */
  signal: AbortSignal;
}

export interface OptionText {
  text: MessageKey;
  /** May be given again; the values come as an array. */
  many?: boolean;
}

export interface Command {
  /** The last word of its path: `list` in `runs list`. */
  name: string;
  summary: MessageKey;
  /** A paragraph under the summary in its help. */
  about?: MessageKey;
  /** `<needed>`, `[optional]`, `<many...>` → what it is. */
  arguments?: Readonly<Record<string, MessageKey>>;
  /** Flags as commander takes them → what they do. */
  options?: Readonly<Record<string, MessageKey | OptionText>>;
  /** Prints no data, so `--json` says nothing about it. */
  noJson?: boolean;
  examples: readonly [string, ...string[]];
  run(input: Record<string, unknown>, context: CommandContext): Promise<ExitCode | undefined>;
}

export type ExitCode = number;

/** A person is needed before it goes on. */
export const EXIT_WAITING: ExitCode = 7;
export const EXIT_FAILED: ExitCode = 1;
export const EXIT_INVALID: ExitCode = 8;
export const EXIT_INTERRUPTED: ExitCode = 130;

/** `Input` is what its arguments and options give, by their camel-case names; absent ones are absent. */
export function defineCommand<Input extends object>(
  command: Omit<Command, "run"> & { run(input: Input, context: CommandContext): Promise<ExitCode | undefined> },
): Command {
  // Commander has checked the input against the same declaration that `Input` describes.
  return { ...command, run: (input, context) => command.run(input as Input, context) };
}

/** A whole number that was typed, or the usage error that says what is wrong with it. */
export function wholeNumber(typed: string, flag: string, { least, most }: { least: number; most: number }): number {
  const value = Number(typed);
  if (/^\d+$/.test(typed) && value >= least && value <= most) return value;
  throw new Failure("usage.invalid", {
    problem: say("typed.whole_number", { flag, least, most, typed }),
  });
}

/** One of the words that an option takes. */
export function oneOf<T extends string>(typed: string, flag: string, words: readonly T[]): T {
  const found = words.find((word) => word === typed);
  if (found !== undefined) return found;
  throw new Failure("usage.invalid", { problem: say("typed.one_of", { flag, words: words.join(", "), typed }) });
}

/** Who asks, for the record. */
export const whoAsks = (env: CommandContext["env"]): string => env.USER ?? env.LOGNAME ?? "cli";

/** Who answers for a person: an agent that devflow has started must not, for itself or another. */
export function personAsks(env: CommandContext["env"]): string {
  const { DEVFLOW_SESSION: session } = env;
  if (session) throw new Failure("escalation.for_people", { session });
  return whoAsks(env);
}

/** How a run ends a command; 0 also for one that is under way, for nothing has gone wrong. */
export function exitOfRun({ status, failure }: Pick<RunView, "status" | "failure">): ExitCode {
  // A code of another version of devflow is not in the table.
  if (status === "failed" && failure && Object.hasOwn(FAILURES, failure.code) && FAILURES[failure.code].exit === 6)
    return 6;
  if (status === "waiting" || status === "interrupted") return EXIT_WAITING;
  return status === "failed" || status === "cancelled" ? EXIT_FAILED : 0;
}
