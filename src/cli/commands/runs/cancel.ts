/** devflow runs cancel: ends a run; its branch stays. */
import { say } from "../../../messages/say.ts";
import { defineCommand, whoAsks } from "../../command.ts";

export default defineCommand<{ run: string; comment?: string }>({
  name: "cancel",
  summary: "runs.cancel.summary",
  arguments: { "<run>": "argument.run" },
  options: { "--comment <text>": "option.comment" },
  examples: ['devflow runs cancel 7K2MQX --comment "the goal was wrong"'],
  async run({ run, comment }, { client, out, env }) {
    const done = await client.call("run.cancel", { run, by: whoAsks(env), ...(comment !== undefined && { comment }) });
    out.show(done, () => [say("runs.cancelled", done)]);
    return 0;
  },
});
