/** devflow runs resume: goes on with a run that stands still. */
import { say } from "../../../messages/say.ts";
import { defineCommand, whoAsks } from "../../command.ts";

export default defineCommand<{ run: string; from?: string }>({
  name: "resume",
  summary: "runs.resume.summary",
  about: "runs.resume.about",
  arguments: { "<run>": "argument.run" },
  options: { "--from <phase>": "runs.resume.from" },
  examples: ["devflow runs resume 7K2MQX", "devflow runs resume 7K2MQX --from review"],
  async run({ run, from }, { client, out, env }) {
    const done = await client.call("run.resume", { run, by: whoAsks(env), ...(from !== undefined && { from }) });
    out.show(done, () => [say("runs.resumed", done)]);
    return 0;
  },
});
