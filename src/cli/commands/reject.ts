/** devflow reject: refuses what a run waits for, and says why. */
import { Failure } from "../../domain/failure.ts";
import { say } from "../../messages/say.ts";
import { defineCommand, personAsks } from "../command.ts";
import { shortId } from "../show/ids.ts";

export default defineCommand<{ run: string; phase?: string; comment?: string }>({
  name: "reject",
  summary: "reject.summary",
  about: "reject.about",
  arguments: { "<run>": "argument.run", "[phase]": "argument.waiting_phase" },
  options: { "--comment <text>": "reject.comment" },
  examples: ['devflow reject 7K2MQX plan --comment "keep the old flag working"'],
  async run({ run, phase, comment = "" }, { client, out, env }) {
    if (comment.trim() === "") {
      const hint = say("reject.needs_comment");
      throw new Failure("usage.arguments", { problem: say("typed.needs_comment"), hint });
    }
    const done = await client.call("run.reject", {
      run,
      comment,
      by: personAsks(env),
      ...(phase !== undefined && { phase }),
    });
    out.show(done, () => [say("reject.done", { phase: done.phase, run: shortId(done.run) })]);
    return 0;
  },
});
