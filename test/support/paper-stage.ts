/** The paper agent on a stage of its own: a folder, a scenario, a journal. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Act } from "../contract/agent.ts";

export const PAPER = fileURLToPath(new URL("../../fixtures/paper-agent/paper-agent.mjs", import.meta.url));

const ACTS: Record<Act, unknown[]> = {
  write: [{ write: "whole", artifact: { note: "made by the contract test" } }],
  stall: [{ stall: true }],
  crash: [{ crash: 3 }],
  nothing: [{ say: "I did nothing." }],
};

export async function paperStage(acts: readonly Act[]) {
  // A folder that people have: with a space and not only ASCII.
  const folder = await mkdtemp(join(tmpdir(), "devflow 계약-"));
  const cwd = join(folder, "work tree");
  await rm(cwd, { recursive: true, force: true });
  await (await import("node:fs/promises")).mkdir(cwd);
  const scenario = join(folder, "scenario.json");
  const journal = join(folder, "journal.jsonl");
  await writeFile(join(cwd, "schema.json"), JSON.stringify({ type: "object" }));
  await writeFile(
    scenario,
    JSON.stringify({
      phases: { "*": ACTS[acts[0] ?? "write"], one: ACTS[acts[0] ?? "write"], two: ACTS[acts[1] ?? "write"] },
    }),
  );
  return {
    folder,
    cwd,
    env: { ...process.env, PAPER_SCENARIO: scenario, PAPER_JOURNAL: journal, PAPER_PACE: "0" },
    prompts: async () =>
      (await journaled(journal)).filter(({ event }) => event === "prompt").map(({ text }) => text ?? ""),
    exists: (path: string) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    destroy: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function journaled(file: string): Promise<{ event: string; text?: string; [more: string]: unknown }[]> {
  const lines = await readFile(file, "utf8").catch(() => "");
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
