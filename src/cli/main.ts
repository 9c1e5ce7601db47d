/** devflow, from the words that were typed to an exit code. */
import { Failure } from "../domain/failure.ts";
import { nearest } from "../domain/nearest.ts";
import { say } from "../messages/say.ts";
import { readArguments } from "./arguments.ts";
import type { ExitCode } from "./command.ts";
import {
  COMMAND_PATHS,
  COMMANDS,
  type CommandPath,
  commandsOf,
  GROUPS,
  type Group,
  isCommand,
  isGroup,
} from "./command-table.ts";
import { commandHelp, groupHelp, rootHelp } from "./help.ts";
import type { Out } from "./out.ts";
import { concluded, perform } from "./perform.ts";
import { realWorld, type World } from "./world.ts";

export const main = (argv: readonly string[], world: World = realWorld()): Promise<ExitCode> =>
  concluded(argv, world, (out) => dispatch(argv, world, out));

type Target = { kind: "root" } | { kind: "group"; group: Group } | { kind: "command"; path: CommandPath };

async function dispatch(argv: readonly string[], world: World, out: Out): Promise<ExitCode> {
  const asksHelp = argv[0] === "help";
  const words = asksHelp ? [...argv.slice(1), "--help"] : [...argv];
  const target = find(words);
  if (target.kind === "root") {
    const stray = words.find((word) => !ROOT_FLAGS.has(word));
    if (stray !== undefined) throw unknownOption(stray);
    if (words.includes("--version") || words.includes("-V"))
      out.show({ version: world.version }, () => [world.version]);
    else if (words.every((word) => word === "--no-start") && !asksHelp && world.terminal.canAsk)
      return runCommand("chat", words, world, out);
    else out.page(rootHelp);
    return 0;
  }
  if (target.kind === "group") {
    out.page((paper) => groupHelp(target.group, paper));
    return 0;
  }
  return runCommand(target.path, withoutPath(words, target.path), world, out);
}

const ROOT_FLAGS: ReadonlySet<string> = new Set(["--json", "--no-start", "-h", "--help", "--version", "-V"]);

const unknownOption = (option: string): Failure => {
  const meant = nearest(option, [...ROOT_FLAGS]);
  const hint = meant ? say("usage.did_you_mean", { meant }) : say("usage.see_help_root");
  return new Failure("usage.arguments", { problem: say("typed.unknown_option", { option }), hint });
};

/** Which command the words mean. Before it, only options without a value can stand. */
function find(words: readonly string[]): Target {
  const [first, second] = words.filter((word) => !word.startsWith("-"));
  if (first === undefined) return { kind: "root" };
  const path = `${first} ${second}`;
  if (isCommand(path)) return { kind: "command", path };
  if (isCommand(first)) return { kind: "command", path: first };
  if (!isGroup(first)) throw unknownCommand(first, second);
  if (second === undefined) return { kind: "group", group: first };
  const meant = nearest(
    second,
    commandsOf(first).map((known) => known.slice(first.length + 1)),
  );
  throw unknown(path, meant && `${first} ${meant}`, first);
}

/** `runz list`, but also `list` for `runs list`, and `doctr`. */
function unknownCommand(first: string, second: string | undefined): Failure {
  const group = nearest(first, [...Object.keys(GROUPS), ...COMMAND_PATHS.filter((path) => !path.includes(" "))]);
  if (group !== undefined) {
    const path = second === undefined ? group : `${group} ${second}`;
    return unknown(first, isCommand(path) ? path : group, undefined);
  }
  return unknown(
    first,
    COMMAND_PATHS.find((path) => path.endsWith(` ${first}`)),
    undefined,
  );
}

function unknown(command: string, meant: string | undefined, group: string | undefined): Failure {
  const hint =
    meant !== undefined
      ? say("usage.did_you_mean", { meant: `devflow ${meant}` })
      : group !== undefined
        ? say("usage.see_help", { command: group })
        : say("usage.see_help_root");
  return new Failure("usage.unknown_command", { command, hint });
}

/** The words without those that name the command, wherever options stand between them. */
function withoutPath(words: readonly string[], path: string): string[] {
  const names = path.split(" ");
  return words.filter((word) => {
    if (word !== names[0]) return true;
    names.shift();
    return false;
  });
}

async function runCommand(path: CommandPath, words: readonly string[], world: World, out: Out): Promise<ExitCode> {
  const { default: command } = await COMMANDS[path].load();
  const typed = readArguments(path, command, words);
  if (typed.kind === "input") return perform(command, typed, world, out);
  out.page((paper) => commandHelp(path, command, paper));
  return 0;
}
