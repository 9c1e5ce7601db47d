/** devflow keys delete: deletes a key by its name. */
import { defineCommand } from "../../command.ts";
import { dropped, nameTyped } from "../../kept-key.ts";

export default defineCommand<{ name: string }>({
  name: "delete",
  summary: "keys.delete.summary",
  arguments: { "<name>": "argument.key_name" },
  examples: ["devflow keys delete MY_SERVER_TOKEN"],
  async run({ name }, context) {
    return dropped(nameTyped(name), await context.keys({ patient: context.terminal.canAsk }), context);
  },
});
