/** devflow sessions show: an agent's state in words, what that rests on, and its screen. */
import { defineCommand } from "../../command.ts";
import { sessionDetails } from "../../show/sessions.ts";

export default defineCommand<{ session: string }>({
  name: "show",
  summary: "sessions.show.summary",
  arguments: { "<session>": "argument.session" },
  examples: ["devflow sessions show M4T1VB"],
  async run({ session }, { client, out }) {
    out.show(await client.call("session.show", { session }), sessionDetails);
    return 0;
  },
});
