/** devflow approve: agrees to what a run waits for. */
import { say } from "../../messages/say.ts";
import { defineCommand, personAsks } from "../command.ts";
import { shortId } from "../show/ids.ts";

export default defineCommand<{ run: string; phase?: string; comment?: string }>({
  name: "approve",
  summary: "approve.summary",
  arguments: { "<run>": "argument.run", "[phase]": "argument.waiting_phase" },
  options: { "--comment <text>": "option.comment" },
  examples: ["devflow approve 7K2MQX", 'devflow approve 7K2MQX plan --comment "go ahead"'],
  async run({ run, phase, comment }, { client, out, env }) {
    const done = await client.call("run.approve", {
      run,
      by: personAsks(env),
      ...(phase !== undefined && { phase }),
      ...(comment !== undefined && { comment }),
    });
    out.show(done, () => [say("approve.done", { phase: done.phase, run: shortId(done.run) })]);
    return 0;
  },
});
