/** devflow runs show: everything about one run. */
import { defineCommand } from "../../command.ts";
import { runDetails } from "../../show/runs.ts";

export default defineCommand<{ run: string }>({
  name: "show",
  summary: "runs.show.summary",
  arguments: { "<run>": "argument.run" },
  examples: ["devflow runs show 7K2MQX", "devflow runs show 7K2MQX --json"],
  async run({ run }, { client, out }) {
    out.show(await client.call("run.show", { run }), runDetails);
    return 0;
  },
});
