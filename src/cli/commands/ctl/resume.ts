/** devflow ctl resume: goes on after a pause. */
import { say } from "../../../messages/say.ts";
import { defineCommand } from "../../command.ts";

export default defineCommand<Record<never, never>>({
  name: "resume",
  summary: "ctl.resume.summary",
  examples: ["devflow ctl resume"],
  async run(_, { client, out }) {
    out.show(await client.call("daemon.resume", {}), () => [say("ctl.resume.done")]);
    return 0;
  },
});
