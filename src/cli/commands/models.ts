/** devflow models: every model that has a price. */
import { defineCommand } from "../command.ts";
import { modelsLines } from "../show/prices.ts";

export default defineCommand<{ refresh?: true; search?: string }>({
  name: "models",
  summary: "models.summary",
  about: "models.about",
  options: { "--search <text>": "models.search", "--refresh": "models.refresh" },
  examples: ["devflow models --search deepseek", "devflow models --refresh", "devflow models --json"],
  async run({ refresh, search }, { client, out }) {
    const found = await client.call("model.list", {
      ...(search !== undefined && { search }),
      ...(refresh && { refresh }),
    });
    out.show(found, modelsLines);
    return 0;
  },
});
