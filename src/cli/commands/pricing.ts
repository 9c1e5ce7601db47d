/** devflow pricing: what a model costs; without one, what the models in use cost. */
import { defineCommand } from "../command.ts";
import { priceLines, usedPricesLines } from "../show/prices.ts";

export default defineCommand<{ model?: string }>({
  name: "pricing",
  summary: "pricing.summary",
  about: "pricing.about",
  arguments: { "[model]": "argument.model" },
  examples: ["devflow pricing", "devflow pricing deepseek/deepseek-chat", "devflow pricing claude-sonnet-4-5 --json"],
  async run({ model }, { client, out, cwd }) {
    if (model === undefined) out.show(await client.call("price.used", { repo: cwd }), usedPricesLines);
    else out.show(await client.call("price.show", { model }), (shown, paper) => priceLines(model, shown, paper));
    return 0;
  },
});
