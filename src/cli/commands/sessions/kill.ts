/** devflow sessions kill: ends an agent for good. */
import { defineCommand } from "../../command.ts";
import { tellSession } from "../../tell-session.ts";

export default defineCommand<{ session: string }>({
  name: "kill",
  summary: "sessions.kill.summary",
  about: "sessions.kill.about",
  arguments: { "<session>": "argument.session" },
  examples: ["devflow sessions kill M4T1VB"],
  run: ({ session }, context) => tellSession("session.kill", "sessions.kill.done", session, context),
});
