/** devflow usage: tokens and money of the last minutes. */
import { MAX_WINDOW_MINUTES } from "../../protocol/spending-methods.ts";
import { defineCommand } from "../command.ts";
import { usageLines } from "../show/spending.ts";
import { windowMinutes } from "../since.ts";

export default defineCommand<{ window?: string }>({
  name: "usage",
  summary: "usage.summary",
  about: "usage.about",
  options: { "--window <time>": "usage.window" },
  examples: ["devflow usage", "devflow usage --window 24h", "devflow usage reset"],
  async run({ window }, { client, out }) {
    const minutes = window === undefined ? {} : { minutes: windowMinutes(window, MAX_WINDOW_MINUTES) };
    out.show(await client.call("usage.window", minutes), usageLines);
    return 0;
  },
});
