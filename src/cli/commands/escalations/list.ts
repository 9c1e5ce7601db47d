/** devflow escalations list: what waits for a person. */
import { defineCommand } from "../../command.ts";
import { escalationsTable } from "../../show/escalations.ts";

export default defineCommand<{ run?: string }>({
  name: "list",
  summary: "escalations.list.summary",
  options: { "--run <run>": "escalations.list.run" },
  examples: ["devflow escalations list", "devflow escalations list --run 7K2MQX --json"],
  async run({ run }, { client, out }) {
    const { escalations } = await client.call("escalation.list", run === undefined ? {} : { run });
    out.show(escalations, escalationsTable);
    return 0;
  },
});
