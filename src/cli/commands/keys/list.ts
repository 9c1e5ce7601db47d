/** devflow keys list: which keys there are, and where. */
import { defineCommand } from "../../command.ts";
import { keysTable, troubleLine } from "../../show/keys.ts";

export default defineCommand({
  name: "list",
  summary: "keys.list.summary",
  examples: ["devflow keys list"],
  async run(_, { keys, out, terminal }) {
    const { secrets } = await keys({ patient: terminal.canAsk });
    const found = await secrets.list();
    out.show({ keys: found.secrets, troubles: found.troubles }, ({ keys }, paper) => keysTable(keys, paper));
    if (!out.json) for (const trouble of found.troubles) out.note(troubleLine(trouble));
    return 0;
  },
});
