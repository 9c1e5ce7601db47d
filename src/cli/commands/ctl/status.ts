/** devflow ctl status: what the daemon is and does. */
import { defineCommand } from "../../command.ts";
import { daemonStatusLines } from "../../show/daemon.ts";

export default defineCommand<Record<never, never>>({
  name: "status",
  summary: "ctl.status.summary",
  examples: ["devflow ctl status", "devflow ctl status --json --no-start"],
  async run(_, { client, out }) {
    out.show(await client.call("daemon.status", {}), daemonStatusLines);
    return 0;
  },
});
