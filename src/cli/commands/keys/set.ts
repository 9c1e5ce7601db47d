/** devflow keys set: keeps any key by its name. */
import { defineCommand } from "../../command.ts";
import { keep, keptLines, nameTyped } from "../../kept-key.ts";
import { keyGiven } from "../../typed-key.ts";

export default defineCommand<{ name: string; from?: string }>({
  name: "set",
  summary: "keys.set.summary",
  about: "keys.set.about",
  arguments: { "<name>": "argument.key_name" },
  options: { "--from <file>": "login.from" },
  examples: ["devflow keys set ANTHROPIC_API_KEY", "devflow keys set MY_SERVER_TOKEN --from token.txt"],
  async run({ name, from }, context) {
    const chest = await context.keys({ patient: context.terminal.canAsk });
    const kept = await keep(nameTyped(name), await keyGiven(name, from, context), chest, context);
    context.out.show(kept, keptLines);
    return 0;
  },
});
