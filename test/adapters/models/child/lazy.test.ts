/** The daemon never loads LangChain: only the model agent's own program does, of which there is one for each session. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../../..");
const IMPORT = /^\s*(?:import|export)\s(?!type\s)[^;]*?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** Every package that a program reaches, by any way, dynamic imports included. */
function packagesOf(entry: string): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, declared, loaded] of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const target = declared ?? loaded ?? "";
      if (!target.startsWith(".")) packages.add(target);
      else if (target.endsWith(".ts") && existsSync(join(dirname(file), target))) walk(join(dirname(file), target));
    }
  };
  walk(join(ROOT, entry));
  expect(seen.size).toBeGreaterThan(3);
  return packages;
}

const langchain = (packages: Set<string>) => [...packages].filter((name) => name.startsWith("@langchain/"));

test.each(["src/daemon/main.ts", "src/cli/main.ts", "src/cli/thin/main.ts"])(
  "%s reaches no package of LangChain",
  (entry) => {
    expect(langchain(packagesOf(entry))).toEqual([]);
  },
);

test("the model agent's program does: this test can see it", () => {
  expect(langchain(packagesOf("src/adapters/models/child/main.ts"))).toContain("@langchain/langgraph");
});
