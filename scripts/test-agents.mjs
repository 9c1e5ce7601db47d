/**
 * `npm run test:agents`: real coding agents held to what devflow promises of every agent, their model on loopback.
 * usage: npm run test:agents -- [--all | AGENT…] [--runs N] [--cells REGEX] [--write]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, checkNode, install, root, run } from "./setup.mjs";

const USUAL = ["codex", "opencode", "claude", "gemini"];
const ALL = [...USUAL, "claude-newer", "qwen", "pi", "copilot"];
const FOUND = join(root, "fixtures/agents/results.jsonl");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    cells: { type: "string" },
    runs: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});
const unknown = positionals.filter((name) => !ALL.includes(name));
if (unknown.length > 0 || !/^[1-9]\d*$/.test(values.runs)) {
  const what = unknown.length > 0 ? `no such agent: ${unknown.join(", ")}` : "--runs takes a number from 1";
  console.error(
    `${what}; usage: npm run test:agents -- [--all | AGENT…] [--runs N] [--cells REGEX] [--write], AGENT one of ${ALL.join(", ")}`,
  );
  process.exit(2);
}
const chosen = values.all ? ALL : positionals.length > 0 ? positionals : USUAL;

checkNode();
install();
build();
const folder = mkdtempSync(join(tmpdir(), "devflow-conformance-"));
const results = join(folder, "results.jsonl");
writeFileSync(results, "");
const env = {
  ...process.env,
  DEVFLOW_TEST_AGENTS: chosen.join(","),
  DEVFLOW_TEST_RUNS: values.runs,
  DEVFLOW_TEST_RESULTS: results,
};
let failed = false;
try {
  const only = values.cells === undefined ? [] : ["--testNamePattern", values.cells];
  const vitest = [process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "agents"];
  run([...vitest, "--reporter=verbose", ...only], { env });
} catch {
  failed = true;
}
const found = linesOf(results);
rmSync(folder, { recursive: true });
for (const { agent, version, mode, cell, held, of, note } of found)
  console.error(
    `${held === of ? "✓" : "✗"} ${agent} ${version} ${mode}: ${cell} ${held}/${of}${note ? ` (${note})` : ""}`,
  );
if (values.write) {
  write(found);
  run([process.execPath, join(root, "node_modules/tsx/dist/cli.mjs"), "scripts/docs.ts"]);
}
process.exit(failed ? 1 : 0);

/** What was found now in place of what was found before for the same cell. */
function write(fresh) {
  const key = ({ agent, version, mode, cell }) => JSON.stringify([agent, version, mode, cell]);
  const date = new Date().toISOString().slice(0, 10);
  const all = new Map([...linesOf(FOUND), ...fresh.map((one) => ({ ...one, date }))].map((one) => [key(one), one]));
  const place = ({ agent }) => ALL.indexOf(agent);
  const sorted = [...all.values()].sort((a, b) => place(a) - place(b) || a.version.localeCompare(b.version));
  writeFileSync(FOUND, sorted.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

function linesOf(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter(Boolean).map((line) => JSON.parse(line));
}
