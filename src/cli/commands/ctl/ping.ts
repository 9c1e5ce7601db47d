/** devflow ctl ping: whether a daemon answers. */
import { say } from "../../../messages/say.ts";
import { defineCommand } from "../../command.ts";

export default defineCommand<Record<never, never>>({
  name: "ping",
  summary: "ctl.ping.summary",
  examples: ["devflow ctl ping --no-start"],
  async run(_, { client, out }) {
    out.show(await client.call("daemon.ping", {}), (answer) => [say("ctl.ping.done", answer)]);
    return 0;
  },
});
