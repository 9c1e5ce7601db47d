/** devflow sessions list: the agents at work. */
import { defineCommand } from "../../command.ts";
import { sessionsTable } from "../../show/sessions.ts";

export default defineCommand<{ run?: string; all?: true }>({
  name: "list",
  summary: "sessions.list.summary",
  options: { "--run <run>": "sessions.list.run", "-a, --all": "sessions.list.all" },
  examples: ["devflow sessions list", "devflow sessions list --run 7K2MQX --all"],
  async run({ run, all }, { client, out }) {
    const { sessions } = await client.call("session.list", { ...(run !== undefined && { run }), ...(all && { all }) });
    out.show(sessions, sessionsTable);
    return 0;
  },
});
