/** devflow usage reset: the count of devflow usage begins anew. */
import { say } from "../../../messages/say.ts";
import { defineCommand } from "../../command.ts";

export default defineCommand({
  name: "reset",
  summary: "usage.reset.summary",
  about: "usage.reset.about",
  examples: ["devflow usage reset"],
  async run(_, { client, out }) {
    out.show(await client.call("usage.reset", {}), () => [say("usage.was_reset")]);
    return 0;
  },
});
