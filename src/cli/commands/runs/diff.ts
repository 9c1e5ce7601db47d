/** devflow runs diff: what a run has changed. */
import { defineCommand } from "../../command.ts";
import { diffLines, diffStat, diffStatLines } from "../../show/diff.ts";

export default defineCommand<{ run: string; stat?: true }>({
  name: "diff",
  summary: "runs.diff.summary",
  about: "runs.diff.about",
  arguments: { "<run>": "argument.run" },
  options: { "--stat": "runs.diff.stat" },
  examples: ["devflow runs diff 7K2MQX", "devflow runs diff 7K2MQX --stat", "devflow runs diff 7K2MQX | git apply"],
  async run({ run, stat }, { client, out }) {
    const { run: id, diff } = await client.call("run.diff", { run });
    if (stat) out.show({ run: id, files: diffStat(diff) }, ({ files }, paper) => diffStatLines(files, paper));
    else if (out.json || out.onTerminal) out.show({ run: id, diff }, (_, paper) => diffLines(diff, paper));
    else out.raw(diff);
    return 0;
  },
});
