/** The command table as manual pages, in the language of man(7): `npm run build` writes them into dist/man. */
import { EXITS } from "../domain/failure.ts";
import { say } from "../messages/say.ts";
import { VERSION } from "../protocol/version.ts";
import type { Command } from "./command.ts";
import { COMMAND_PATHS, COMMANDS, type CommandPath } from "./command-table.ts";
import { argumentTerms, globalTerms, optionTerms, type Term, usage } from "./help.ts";

/** File name → page. */
export async function manPages(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map([["devflow.1", overview()]]);
  for (const path of COMMAND_PATHS) pages.set(`${nameOf(path)}.1`, pageOf(path, (await COMMANDS[path].load()).default));
  return pages;
}

const nameOf = (path: string): string => `devflow-${path.replaceAll(" ", "-")}`;

/** What is text in a page and must not be read as an instruction: `\`, a line that begins with `.` or `'`, and real hyphens. */
const escaped = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&")
    // Whatever encoding the reader takes the file for.
    .replace(/[^\n -~]/gu, (char) => `\\[u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);

const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;
const reference = (page: string): string => `${bold(page)}(1)`;

/** An argument of an instruction. */
const quoted = (text: string): string => `"${escaped(text).replaceAll('"', "\\(dq")}"`;

const head = (name: string): string =>
  `.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(`devflow ${VERSION}`)} ${quoted(say("man.manual"))}`;

const section = (title: string, body: readonly string[]): string[] =>
  body.length === 0 ? [] : [`.SH ${quoted(title.toUpperCase())}`, ...body];

const terms = (all: readonly Term[]): string[] => all.flatMap(({ name, text }) => [".TP", bold(name), escaped(text)]);

const example = (lines: readonly string[]): string[] => [".nf", ...lines.map(escaped), ".fi"];

const exits = (): string[] => terms(Object.entries(EXITS).map(([name, text]) => ({ name, text })));

function overview(): string {
  const commands = COMMAND_PATHS.flatMap((path) => [
    ".TP",
    reference(nameOf(path)),
    escaped(say(COMMANDS[path].summary)),
  ]);
  return page([
    head("devflow"),
    ...section("name", [`devflow \\- ${escaped(say("man.devflow"))}`]),
    ...section("synopsis", [`${bold("devflow")} ${escaped("<command> [options]")}`]),
    ...section("description", [escaped(say("help.tagline")), ".PP", escaped(say("man.about"))]),
    ...section("commands", commands),
    ...section("options", terms([...globalTerms(), { name: "--version", text: say("option.version") }])),
    ...section("exit status", exits()),
    ...section(
      "environment",
      terms([
        { name: "DEVFLOW_HOME", text: say("man.home") },
        { name: "NO_COLOR", text: say("man.no_color") },
      ]),
    ),
  ]);
}

function pageOf(path: CommandPath, command: Command): string {
  const name = nameOf(path);
  return page([
    head(name),
    ...section("name", [`${escaped(name)} \\- ${escaped(uncapitalised(say(command.summary)))}`]),
    ...section("synopsis", [escaped(usage(path, command))]),
    ...section("description", [`${escaped(say(command.about ?? command.summary))}${command.about ? "" : "."}`]),
    ...section("arguments", terms(argumentTerms(command))),
    ...section("options", terms([...optionTerms(command), ...globalTerms(command)])),
    ...section("examples", example(command.examples)),
    ...section("exit status", [escaped(say("man.exits")), reference("devflow")]),
  ]);
}

/** After a dash; a name stays as it is. */
const uncapitalised = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;

const page = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
