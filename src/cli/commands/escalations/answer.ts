/** devflow escalations answer: settles what waits for a person. */
import { say } from "../../../messages/say.ts";
import { defineCommand, personAsks } from "../../command.ts";
import { shortId } from "../../show/ids.ts";

export default defineCommand<{ escalation: string; answer: string }>({
  name: "answer",
  summary: "escalations.answer.summary",
  about: "escalations.answer.about",
  arguments: { "<escalation>": "argument.escalation", "<answer>": "argument.answer" },
  examples: ["devflow escalations answer 8DE5C4 allow", "devflow escalations answer 8DE5C4 stop"],
  async run({ escalation, answer }, { client, out, env }) {
    const done = await client.call("escalation.answer", { escalation, answer, by: personAsks(env) });
    out.show(done, () => [say("escalations.answer.done", { answer: done.answer, run: shortId(done.run) })]);
    return 0;
  },
});
