/** The command table as Markdown: what `docs/commands.md` holds. */
import { EXITS } from "../domain/failure.ts";
import { say } from "../messages/say.ts";
import type { Command } from "./command.ts";
import { COMMAND_PATHS, COMMANDS, type CommandPath } from "./command-table.ts";
import { argumentTerms, globalTerms, optionTerms, type Term, usage } from "./help.ts";

export async function commandDocs(): Promise<string> {
  const sections = [];
  for (const path of COMMAND_PATHS) sections.push(section(path, (await COMMANDS[path].load()).default));
  return `${[INTRODUCTION, `## Everywhere\n\n${list(globalTerms())}`, EXIT_CODES, ...sections].join("\n\n")}\n`;
}

const INTRODUCTION = `# Commands

Made from the command table by \`npm run docs\`. \`devflow <command> --help\` says the same.

Data goes to stdout, everything else to stderr. A run or a session is named by its id, or by the start or end of it: views show the
last six characters.`;

const EXIT_CODES = `## Exit codes

| code | meaning |
| --- | --- |
${Object.entries(EXITS)
  .map(([code, meaning]) => `| ${code} | ${meaning} |`)
  .join("\n")}

[Failures](failures.md) has the failure codes behind them.`;

function section(path: CommandPath, command: Command): string {
  const parts = [
    `## devflow ${path}`,
    `${say(command.summary)}.${command.about ? ` ${say(command.about)}` : ""}`,
    `\`\`\`\n${usage(path, command)}\n\`\`\``,
    list([...argumentTerms(command), ...optionTerms(command)]),
    command.noJson ? "Takes no `--json`." : "",
    `\`\`\`sh\n${command.examples.join("\n")}\n\`\`\``,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

const list = (terms: readonly Term[]): string => terms.map(({ name, text }) => `- \`${name}\`: ${text}`).join("\n");
