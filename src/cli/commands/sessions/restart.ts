/** devflow sessions restart: ends an agent and starts it again. */
import { defineCommand } from "../../command.ts";
import { tellSession } from "../../tell-session.ts";

export default defineCommand<{ session: string }>({
  name: "restart",
  summary: "sessions.restart.summary",
  about: "sessions.restart.about",
  arguments: { "<session>": "argument.session" },
  examples: ["devflow sessions restart M4T1VB"],
  run: ({ session }, context) => tellSession("session.restart", "sessions.restart.done", session, context),
});
