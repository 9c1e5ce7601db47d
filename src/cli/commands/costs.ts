/** devflow costs: what one run has cost. */
import { defineCommand } from "../command.ts";
import { costsLines } from "../show/spending.ts";

export default defineCommand<{ run: string }>({
  name: "costs",
  summary: "costs.summary",
  about: "costs.about",
  arguments: { "<run>": "argument.run" },
  examples: ["devflow costs 7K2MQX", "devflow costs 7K2MQX --json"],
  async run({ run }, { client, out }) {
    out.show(await client.call("spending.run", { run }), costsLines);
    return 0;
  },
});
