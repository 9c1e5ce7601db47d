/** devflow budget show: what was spent and is reserved, against the limits. */
import { defineCommand } from "../../command.ts";
import { budgetLines } from "../../show/budget.ts";

export default defineCommand<{ run?: string }>({
  name: "show",
  summary: "budget.show.summary",
  about: "budget.show.about",
  options: { "--run <run>": "budget.show.run" },
  examples: ["devflow budget show", "devflow budget show --run 7K2MQX --json"],
  async run({ run }, { client, out }) {
    out.show(await client.call("budget.show", run === undefined ? {} : { run }), budgetLines);
    return 0;
  },
});
