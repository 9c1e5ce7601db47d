/** devflow runs list: runs, newest first. */

import { defineCommand, oneOf, wholeNumber } from "../../command.ts";
import { RUN_STATUSES } from "../../show/marks.ts";
import { runsTable } from "../../show/runs-table.ts";

export default defineCommand<{ limit?: string; active?: true; status?: string }>({
  name: "list",
  summary: "runs.list.summary",
  options: {
    "-n, --limit <n>": "runs.list.limit",
    "--active": "runs.list.active",
    "--status <status>": "runs.list.status",
  },
  examples: ["devflow runs list --active", "devflow runs list --status failed --limit 5 --json"],
  async run({ limit, active, status }, { client, out }) {
    const { runs } = await client.call("run.list", {
      ...(limit !== undefined && { limit: wholeNumber(limit, "--limit", { least: 1, most: 1_000 }) }),
      ...(active && { active }),
      ...(status !== undefined && { status: oneOf(status, "--status", RUN_STATUSES) }),
    });
    out.show(runs, runsTable);
    return 0;
  },
});
