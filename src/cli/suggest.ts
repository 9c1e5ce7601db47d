/** What may be typed next, for the completion of a shell: from the command table, and from what is there now. */
import { say } from "../messages/say.ts";
import type { Command } from "./command.ts";
import { COMMAND_PATHS, COMMANDS, commandsOf, GROUPS, isCommand, isGroup } from "./command-table.ts";
import { globalTerms, optionTerms } from "./help.ts";

export interface Suggestion {
  word: string;
  /** What it is, in a few words; empty when the word says it. */
  text: string;
}

/** The words that a placeholder of the table can stand for now: `run`, `session`, `template` … */
export type Values = (placeholder: string) => Promise<readonly Suggestion[]>;

/** `words` are those after `devflow`; the last is the one that is being typed, and may be empty. Nothing: a file may fit. */
export async function suggest(words: readonly string[], values: Values): Promise<readonly Suggestion[]> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const [first, second] = before.filter((word) => !word.startsWith("-"));
  const fits = ({ word }: Suggestion): boolean => word.startsWith(typed);
  if (first === undefined) return firstWords().filter(fits);
  const path = isCommand(first) ? first : `${first} ${second ?? ""}`;
  if (isCommand(path)) {
    const { default: command } = await COMMANDS[path].load();
    const rest = before.slice(before.lastIndexOf(path.split(" ").at(-1) ?? "") + 1);
    return (await inCommand(command, rest, typed, values)).filter(fits);
  }
  if (!isGroup(first) || second !== undefined) return [];
  const inGroup = commandsOf(first).map((known) => ({
    word: known.slice(first.length + 1),
    text: say(COMMANDS[known].summary),
  }));
  return inGroup.filter(fits);
}

const firstWords = (): Suggestion[] => [
  ...COMMAND_PATHS.filter((path) => !path.includes(" ")).map((word) => ({ word, text: say(COMMANDS[word].summary) })),
  ...Object.entries(GROUPS).map(([word, text]) => ({ word, text: say(text) })),
];

async function inCommand(
  command: Command,
  before: readonly string[],
  typed: string,
  values: Values,
): Promise<readonly Suggestion[]> {
  const options = [...optionTerms(command), ...globalTerms(command)].map(({ name, text }) => ({ ...read(name), text }));
  const taking = options.find(({ flags, value }) => value !== undefined && flags.includes(before.at(-1) ?? ""));
  if (taking?.value !== undefined) return values(taking.value);
  if (typed.startsWith("-")) return options.map(({ flags, text }) => ({ word: flags.at(-1) ?? "", text }));
  const given = before.filter((word, at) => !word.startsWith("-") && !takesValue(options, before[at - 1]));
  const names = Object.keys(command.arguments ?? {});
  const name = names[given.length] ?? names.findLast((last) => last.includes("..."));
  return name === undefined ? [] : values(placeholder(name));
}

interface Read {
  flags: readonly string[];
  value: string | undefined;
}

/** `-n, --limit <n>` as its flags and what it takes. */
function read(option: string): Read {
  const flags = option.match(/(?<![\w<-])--?[a-z][a-z-]*/g) ?? [];
  const value = /[<[][^>\]]+[>\]]/.exec(option)?.[0];
  return { flags, value: value && placeholder(value) };
}

const takesValue = (options: readonly Read[], flag: string | undefined): boolean =>
  options.some(({ flags, value }) => value !== undefined && flag !== undefined && flags.includes(flag));

/** `<runs...>` and `[run]` are both a run. */
const placeholder = (name: string): string => {
  const plain = name.replace(/[^a-z=-]/g, "");
  return plain === "runs" ? "run" : plain;
};
