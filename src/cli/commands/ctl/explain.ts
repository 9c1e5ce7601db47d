/** devflow ctl explain: why devflow believes that an agent is in the state it is in. */
import { defineCommand } from "../../command.ts";
import { explanationLines } from "../../show/sessions.ts";

export default defineCommand<{ session: string }>({
  name: "explain",
  summary: "ctl.explain.summary",
  arguments: { "<session>": "argument.session" },
  examples: ["devflow ctl explain M4T1VB"],
  async run({ session }, { client, out }) {
    out.show(await client.call("session.show", { session }), explanationLines);
    return 0;
  },
});
