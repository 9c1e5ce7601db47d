/** devflow stats: what was spent, by what. */
import { SpentStats } from "../../protocol/money.ts";
import { defineCommand, oneOf } from "../command.ts";
import { statsLines } from "../show/spending.ts";
import { sinceTime } from "../since.ts";

export default defineCommand<{ by?: string; since?: string }>({
  name: "stats",
  summary: "stats.summary",
  options: { "--by <what>": "stats.by", "--since <time>": "stats.since" },
  examples: [
    "devflow stats --by model",
    "devflow stats --by day --since 4w",
    "devflow stats --by run --since 24h --json",
  ],
  async run({ by = "model", since }, { client, out, now }) {
    const stats = await client.call("spending.stats", {
      by: oneOf(by, "--by", SpentStats.shape.by.options),
      ...(since !== undefined && { since: sinceTime(since, now()) }),
    });
    out.show(stats, statsLines);
    return 0;
  },
});
