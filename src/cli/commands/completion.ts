/** devflow completion: the script that a shell needs to complete devflow's commands, and what the script asks for. */

import { Failure } from "../../domain/failure.ts";
import { referenceOf } from "../../domain/names.ts";
import { type CommandContext, defineCommand, oneOf } from "../command.ts";
import { repositoryAround } from "../repository.ts";
import { SHELL_SCRIPTS, SHELLS } from "../shell-scripts.ts";
import { RUN_STATUSES } from "../show/marks.ts";
import { type Suggestion, suggest } from "../suggest.ts";

/** The newest runs; nobody reads a longer list. */
const MOST_RUNS = 30;

export default defineCommand<{ shell: string; words?: string[] }>({
  name: "completion",
  summary: "completion.summary",
  about: "completion.about",
  arguments: { "<shell>": "argument.shell", "[words...]": "argument.words" },
  noJson: true,
  examples: ['eval "$(devflow completion bash)"', "devflow completion fish > ~/.config/fish/completions/devflow.fish"],
  async run({ shell, words = [] }, context) {
    if (shell === "suggest") {
      const found = await suggest(words, (placeholder) => values(placeholder, context));
      context.out.raw(found.map(({ word, text }) => `${text ? `${word}\t${text}` : word}\n`).join(""));
    } else {
      context.out.raw(`${SHELL_SCRIPTS[oneOf(shell, "completion", SHELLS)]}\n`);
    }
    return 0;
  },
});

async function values(placeholder: string, context: CommandContext): Promise<readonly Suggestion[]> {
  const { client, definitions, cwd } = context;
  const known = async (kind: "personas" | "templates" | "schemas"): Promise<Suggestion[]> =>
    (await (await definitions())[kind].list(repositoryAround(cwd))).good.map(({ value }) => ({
      word: referenceOf(value),
      text: "description" in value ? String(value.description) : "",
    }));
  try {
    switch (placeholder) {
      case "run":
        return (await client.call("run.list", { limit: MOST_RUNS })).runs.map(({ id, goal, status }) => ({
          word: id,
          text: `${status}: ${goal.split("\n")[0]?.slice(0, 60)}`,
        }));
      case "session":
        return (await client.call("session.list", {})).sessions.map(({ id, role, state }) => ({
          word: id,
          text: `${role}, ${state}`,
        }));
      case "template":
        return await known("templates");
      case "persona":
        return await known("personas");
      case "status":
        return RUN_STATUSES.map((word) => ({ word, text: "" }));
      case "shell":
        return SHELLS.map((word) => ({ word, text: "" }));
      default:
        return [];
    }
  } catch (error) {
    if (error instanceof Failure) return []; // no daemon, a broken file: a shell's completion stays silent
    throw error;
  }
}
