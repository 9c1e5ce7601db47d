/** devflow agents show: how one agent is started, read and stopped, and where that is written. */
import { forVersion } from "../../../domain/agent-profile.ts";
import { chosenAgent } from "../../agent-choice.ts";
import { defineCommand } from "../../command.ts";
import { agentDetails } from "../../show/agents.ts";

export default defineCommand<{ name: string }>({
  name: "show",
  summary: "agents.show.summary",
  arguments: { "<name>": "argument.agent" },
  examples: ["devflow agents show codex", "devflow agents show claude --json"],
  async run({ name }, { agents, out }) {
    const shelf = await agents();
    const { value, source, origin } = await chosenAgent(shelf, name);
    const here = await shelf.installed(value, source);
    const shown = { ...forVersion(value, here.version), ...here, source, origin };
    out.show(shown, agentDetails);
    return 0;
  },
});
