/** A process that uses one tool, says what it answers, and may be killed at any moment: tool-user.ts ROOT STATE CALL TOOL ARGS COMMANDS. */
import { writeSync } from "node:fs";
import { toolbox } from "../../src/adapters/models/tools/toolbox.ts";
import { SessionId } from "../../src/domain/ids.ts";
import { CommandList, ToolName } from "../../src/domain/model-agent.ts";

const [root = "", state = "", call = "", tool = "", args = "", commands = "[]"] = process.argv.slice(2);
const box = toolbox({
  root,
  state,
  tools: ToolName.options,
  commands: { persona: CommandList.parse(JSON.parse(commands)) },
  env: process.env,
  session: SessionId.parse("01J00000000000000000000000"),
});
const answer = await box.use(tool, JSON.parse(args), { call, signal: new AbortController().signal });
writeSync(1, `${JSON.stringify(answer)}\n`);
