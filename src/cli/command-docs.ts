/** The command table as Markdown: what `docs/commands.md` holds. */
import { say } from "../messages/say.ts";
import type { Command } from "./command.ts";
import { COMMAND_PATHS, COMMANDS, type CommandPath } from "./command-table.ts";
import { argumentTerms, globalTerms, optionTerms, type Term, usage } from "./help.ts";

export async function commandDocs(): Promise<string> {
  const sections = [];
  for (const path of COMMAND_PATHS) sections.push(section(path, (await COMMANDS[path].load()).default));
  return `${[INTRODUCTION, `## Everywhere\n\n${list(globalTerms())}`, EXITS, ...sections].join("\n\n")}\n`;
}

const INTRODUCTION = `# Commands

Made from the command table by \`npx tsx scripts/docs.ts\`. \`devflow <command> --help\` says the same.

Data goes to stdout, everything else to stderr. A run or a session is named by its id, or by the start or end of it: views show the
last six characters.`;

const EXITS = `## Exit codes

| code | meaning |
| --- | --- |
| 0 | done |
| 1 | the run or the command failed |
| 2 | wrong usage |
| 3 | the daemon cannot be reached |
| 4 | not found |
| 5 | conflict |
| 6 | refused by a budget |
| 7 | waiting for a person |
| 8 | an input file is invalid |
| 130 | interrupted |`;

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
