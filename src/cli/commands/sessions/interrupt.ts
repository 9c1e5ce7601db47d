/** devflow sessions interrupt: stops the turn that an agent is in. */
import { defineCommand } from "../../command.ts";
import { tellSession } from "../../tell-session.ts";

export default defineCommand<{ session: string }>({
  name: "interrupt",
  summary: "sessions.interrupt.summary",
  about: "sessions.interrupt.about",
  arguments: { "<session>": "argument.session" },
  examples: ["devflow sessions interrupt M4T1VB"],
  run: ({ session }, context) => tellSession("session.interrupt", "sessions.interrupt.done", session, context),
});
