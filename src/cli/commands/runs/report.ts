/** devflow runs report: what a run did, written at its end. */
import { Failure } from "../../../domain/failure.ts";
import { defineCommand } from "../../command.ts";
import { renderMarkdown } from "../../show/markdown.ts";

export default defineCommand<{ run: string; markdown?: true; path?: true }>({
  name: "report",
  summary: "runs.report.summary",
  arguments: { "<run>": "argument.run" },
  options: { "--markdown": "runs.report.markdown", "--path": "runs.report.path" },
  examples: ["devflow runs report 7K2MQX", "devflow runs report 7K2MQX --json", "devflow runs report 7K2MQX --path"],
  async run({ run, markdown, path }, { client, out }) {
    if (markdown && out.json) throw new Failure("usage.invalid", { problem: "give --markdown or --json, not both" });
    const report = await client.call("run.report", { run });
    if (path) out.show(report, () => [report.markdown]);
    else if (out.json) out.show(report.data, () => []);
    else if (markdown || !out.onTerminal) out.raw(report.text);
    else
      out.show(report, ({ text }, { columns, look }) => [renderMarkdown(text, { width: columns, color: look.colour })]);
    return 0;
  },
});
