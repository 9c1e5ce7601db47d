/** devflow escalations show: one escalation, and how it is answered. */
import { defineCommand } from "../../command.ts";
import { escalationDetails } from "../../show/escalations.ts";

export default defineCommand<{ escalation: string }>({
  name: "show",
  summary: "escalations.show.summary",
  arguments: { "<escalation>": "argument.escalation" },
  examples: ["devflow escalations show 8DE5C4"],
  async run({ escalation }, { client, out }) {
    out.show(await client.call("escalation.show", { escalation }), escalationDetails);
    return 0;
  },
});
