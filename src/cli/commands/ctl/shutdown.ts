/** devflow ctl shutdown: stops the daemon; agents in terminals live on. */
import { say } from "../../../messages/say.ts";
import { defineCommand } from "../../command.ts";

export default defineCommand<Record<never, never>>({
  name: "shutdown",
  summary: "ctl.shutdown.summary",
  examples: ["devflow ctl shutdown"],
  async run(_, { client, out }) {
    out.show(await client.call("daemon.shutdown", {}), () => [say("ctl.shutdown.done")]);
    return 0;
  },
});
