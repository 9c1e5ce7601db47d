/** devflow runs resume: goes on with a run that stands still. */
import { say } from "../../../messages/say.ts";
import { defineCommand, whoAsks } from "../../command.ts";

export default defineCommand<{ run: string }>({
  name: "resume",
  summary: "runs.resume.summary",
  about: "runs.resume.about",
  arguments: { "<run>": "argument.run" },
  examples: ["devflow runs resume 7K2MQX"],
  async run({ run }, { client, out, env }) {
    out.show(await client.call("run.resume", { run, by: whoAsks(env) }), (done) => [say("runs.resumed", done)]);
    return 0;
  },
});
