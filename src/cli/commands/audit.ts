/** devflow audit: what was done, by whom, and with --follow what is done. */
import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "../client.ts";
import { defineCommand, wholeNumber } from "../command.ts";
import { auditLine } from "../show/audit.ts";

/** Lines come a moment after what they tell of; nobody reads faster. */
const LOOK_MS = 300;
const PAGE_LINES = 500;

export default defineCommand<{ follow?: true; run?: string; limit?: string }>({
  name: "audit",
  summary: "audit.summary",
  about: "audit.about",
  options: {
    "-f, --follow": "audit.follow",
    "--run <run>": "audit.run",
    "-n, --limit <n>": "audit.limit",
  },
  examples: ["devflow audit", "devflow audit -f --run 7K2MQX", "devflow audit -n 1000 --json", "devflow audit verify"],
  async run({ follow, run, limit }, { client, out, signal }) {
    const count = limit === undefined ? 50 : wholeNumber(limit, "--limit", { least: 1, most: 1_000 });
    const of = run === undefined ? {} : { run };
    const { lines, seen } = await client.call("audit.read", { limit: count, ...of });
    for (const line of lines) out.each(line, auditLine);
    if (!follow) return 0;
    for await (const line of linesAfter(client, seen, of, signal)) out.each(line, auditLine);
    return undefined;
  },
});

async function* linesAfter(client: Client, from: number, of: { run?: string }, signal: AbortSignal) {
  let after = from;
  while (!signal.aborted) {
    const { lines, seen } = await client.call("audit.read", { after, limit: PAGE_LINES, ...of });
    yield* lines;
    after = seen;
    if (lines.length < PAGE_LINES) await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
