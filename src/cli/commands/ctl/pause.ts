/** devflow ctl pause: starts no new steps; what is under way goes on. */
import { say } from "../../../messages/say.ts";
import { defineCommand } from "../../command.ts";

export default defineCommand<Record<never, never>>({
  name: "pause",
  summary: "ctl.pause.summary",
  examples: ["devflow ctl pause"],
  async run(_, { client, out }) {
    out.show(await client.call("daemon.pause", {}), () => [say("ctl.pause.done")]);
    return 0;
  },
});
