/** devflow sessions pause: holds a model agent. */
import { defineCommand } from "../../command.ts";
import { tellSession } from "../../tell-session.ts";

export default defineCommand<{ session: string }>({
  name: "pause",
  summary: "sessions.pause.summary",
  about: "sessions.pause.about",
  arguments: { "<session>": "argument.session" },
  examples: ["devflow sessions pause M4T1VB"],
  run: ({ session }, context) => tellSession("session.pause", "sessions.pause.done", session, context),
});
