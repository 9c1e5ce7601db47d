/** devflow agents validate: checks files, and says what is wrong at which line. */
import { defineCommand } from "../../command.ts";
import { checkFiles } from "../../shelf-commands.ts";

export default defineCommand<{ files: string[] }>({
  name: "validate",
  summary: "agents.validate.summary",
  about: "definitions.validate.about",
  arguments: { "<files...>": "argument.files" },
  examples: ["devflow agents validate ~/.config/devflow/agents/codex.yaml"],
  async run({ files }, context) {
    const shelf = await context.agents();
    return checkFiles(files, context, async (path) => ({ name: (await shelf.read(path)).name }));
  },
});
