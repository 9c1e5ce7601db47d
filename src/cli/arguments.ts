/** What was typed after a command, checked by commander against the command's declaration. */
import { Command as Commander, CommanderError, Option } from "commander";
import { Failure } from "../domain/failure.ts";
import { say } from "../messages/say.ts";
import type { Command } from "./command.ts";

export type Typed = { kind: "help" } | { kind: "input"; input: Record<string, unknown>; start: boolean };

/** Throws `usage.arguments` with what is wrong and, for a misspelt option, the one that was probably meant. */
export function readArguments(path: string, command: Command, words: readonly string[]): Typed {
  const parser = new Commander(`devflow ${path}`)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
    .helpOption("-h, --help")
    .option("--json")
    .option("--no-start");
  const names = Object.keys(command.arguments ?? {});
  for (const name of names) parser.argument(name);
  for (const [flags, option] of Object.entries(command.options ?? {})) {
    const declared = new Option(flags);
    if (typeof option === "object" && option.many) {
      declared.argParser<string[]>((value, before) => [...(before ?? []), value]);
    }
    parser.addOption(declared);
  }
  try {
    parser.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "help" };
    throw wrongUsage(path, error);
  }
  const { json: _, start, ...input } = parser.opts<Record<string, unknown>>();
  names.forEach((name, at) => {
    const value: unknown = parser.processedArgs[at];
    if (value !== undefined) input[camel(name)] = value;
  });
  return { kind: "input", input, start: start !== false };
}

/** `[phase]` and `<files...>` as the names of input fields. */
const camel = (argument: string): string =>
  argument.replace(/[^a-z-]/g, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** What commander says, by its codes; in its own words where there is no text for it. */
function problemIn({ code, message }: CommanderError, first: string): string {
  const [, named = ""] = /'(.+)'/.exec(first) ?? [];
  if (code === "commander.missingArgument") return say("typed.missing_argument", { name: named });
  if (code === "commander.optionMissingArgument") return say("typed.missing_value", { option: named });
  if (code === "commander.unknownOption") return say("typed.unknown_option", { option: named });
  const [, expected, given] = /Expected (\d+) arguments? but got (\d+)/.exec(message) ?? [];
  if (expected !== undefined && given !== undefined) return say("typed.too_many", { expected, given });
  return first.replaceAll("'", "");
}

function wrongUsage(path: string, error: CommanderError): Failure {
  const { message } = error;
  const [first = "", suggestion] = message.replace(/^error: /, "").split("\n");
  const meant = suggestion?.match(/Did you mean (?:one of )?(.+)\?/)?.[1];
  const hint = meant ? say("usage.did_you_mean", { meant }) : say("usage.see_help", { command: path });
  return new Failure("usage.arguments", { problem: problemIn(error, first), hint });
}
