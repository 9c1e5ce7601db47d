/** What `--help` prints, for devflow, a group of commands, and one command. */
import type { MessageKey } from "../messages/en.ts";
import { say } from "../messages/say.ts";
import type { Command } from "./command.ts";
import { COMMANDS, type CommandPath, commandsOf, GROUPS, type Group } from "./command-table.ts";
import type { Paper } from "./style.ts";
import { padded as padEnd, columnsOf as width } from "./table.ts";
import { wrap } from "./text-width.ts";

export interface Term {
  name: string;
  text: string;
}

/** Options that every command takes. */
export const GLOBAL_OPTIONS = {
  "--json": "option.json",
  "--no-start": "option.no_start",
  "-h, --help": "option.help",
} as const satisfies Record<string, MessageKey>;

const ROOT: readonly { title: MessageKey; words: readonly (CommandPath | Group)[] }[] = [
  {
    title: "help.work",
    words: ["chat", "run", "watch", "attach", "approve", "reject", "runs", "sessions", "escalations"],
  },
  { title: "help.money", words: ["costs", "budget", "stats", "usage", "pricing", "models"] },
  { title: "help.here", words: ["init", "doctor", "login", "logout", "keys", "notify"] },
  { title: "help.definitions", words: ["personas", "templates", "schemas"] },
  { title: "help.daemon", words: ["ctl", "audit", "backup", "completion"] },
];

export function rootHelp(paper: Paper): string[] {
  const sections = ROOT.map(({ title, words }) => ({
    title: say(title),
    terms: words.map((word) => ({ name: word, text: say(word in GROUPS ? GROUPS[word as Group] : summary(word)) })),
  }));
  return [
    say("help.tagline"),
    "",
    ...section(say("help.usage"), [`devflow ${say("help.rest")}`], paper),
    ...sections.flatMap(({ title, terms }) =>
      termSection(title, terms, paper, widest(sections.flatMap((s) => s.terms))),
    ),
    ...termSection(say("help.options"), [...globalTerms(), { name: "--version", text: say("option.version") }], paper),
    ...examples(["devflow run spec-and-review --goal @goal.md", "devflow watch", "devflow runs list --help"], paper),
    paper.style.dim(say("help.more")),
  ];
}

const summary = (word: string): MessageKey => COMMANDS[word as CommandPath].summary;

export function groupHelp(group: Group, paper: Paper): string[] {
  const terms = commandsOf(group).map((path) => ({
    name: path.slice(group.length + 1),
    text: say(COMMANDS[path].summary),
  }));
  return [
    say(GROUPS[group]),
    "",
    ...section(say("help.usage"), [`devflow ${group} ${say("help.rest")}`], paper),
    ...termSection(say("help.commands"), terms, paper),
    paper.style.dim(say("help.more_group", { group })),
  ];
}

export function commandHelp(path: string, command: Command, paper: Paper): string[] {
  return [
    ...wrap(say(command.summary), paper.columns),
    ...(command.about ? ["", ...wrap(say(command.about), paper.columns)] : []),
    "",
    ...section(say("help.usage"), [usage(path, command)], paper),
    ...termSection(say("help.arguments"), argumentTerms(command), paper),
    ...termSection(say("help.options"), [...optionTerms(command), ...globalTerms(command)], paper),
    ...examples(command.examples, paper).slice(0, -1),
  ];
}

export const usage = (path: string, command: Command): string =>
  ["devflow", path, ...Object.keys(command.arguments ?? {}), say("help.any_options")].join(" ");

export const argumentTerms = (command: Command): Term[] =>
  Object.entries(command.arguments ?? {}).map(([name, key]) => ({ name, text: say(key) }));

export const optionTerms = (command: Command): Term[] =>
  Object.entries(command.options ?? {}).map(([name, option]) => ({
    name: typeof option === "object" && option.many ? `${name}…` : name,
    text: say(typeof option === "object" ? option.text : option),
  }));

export const globalTerms = (command?: Command): Term[] =>
  Object.entries(GLOBAL_OPTIONS)
    .filter(([name]) => !(command?.noJson && name === "--json"))
    .map(([name, key]) => ({ name, text: say(key) }));

const widest = (terms: readonly Term[]): number => Math.max(0, ...terms.map(({ name }) => width(name)));

function termSection(title: string, terms: readonly Term[], paper: Paper, indent = widest(terms)): string[] {
  const room = Math.max(20, paper.columns - indent - 4);
  const lines = terms.flatMap(({ name, text }) => {
    const [first = "", ...rest] = wrap(text, room);
    return [
      `${paper.style.cyan(padEnd(name, indent))}  ${first}`,
      ...rest.map((line) => " ".repeat(indent + 2) + line),
    ];
  });
  return terms.length === 0 ? [] : section(title, lines, paper);
}

const section = (title: string, lines: readonly string[], { style }: Paper): string[] => [
  style.bold(title),
  ...lines.map((line) => `  ${line}`),
  "",
];

const examples = (lines: readonly string[], paper: Paper): string[] => section(say("help.examples"), lines, paper);
