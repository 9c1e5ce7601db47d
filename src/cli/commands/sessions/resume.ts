/** devflow sessions resume: lets an agent that was paused go on. */
import { defineCommand } from "../../command.ts";
import { tellSession } from "../../tell-session.ts";

export default defineCommand<{ session: string }>({
  name: "resume",
  summary: "sessions.resume.summary",
  arguments: { "<session>": "argument.session" },
  examples: ["devflow sessions resume M4T1VB"],
  run: ({ session }, context) => tellSession("session.resume", "sessions.resume.done", session, context),
});
