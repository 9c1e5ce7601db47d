/** The floors of the house: imports point down only. The table is the rule; a planted upward import must be found. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { describe, expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../src");

// biome-ignore format: one floor a line
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain:   [],
  ports:    ["domain"],
  engine:   ["domain", "ports"],
  adapters: ["domain", "ports"],
  protocol: ["domain"],
  messages: ["domain"],
  daemon:   ["engine", "ports", "domain", "protocol", "messages"],
  cli:      ["protocol", "domain", "messages"],
};

/** The two places that put the parts together may see adapters, and the ports they satisfy. */
const COMPOSER = /^(?:daemon|cli)\/compose(?:\.ts$|\/)/;

const IMPORT = /^(?:import|export)\s+(?:[\w*${},\s]+?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** What is wrong with the imports of one file, by its path under src. */
function violations(path: string, text: string): string[] {
  const [floor = "", kind = ""] = path.split("/");
  const found: string[] = [];
  for (const [, declared, loaded] of text.matchAll(IMPORT)) {
    const target = declared ?? loaded ?? "";
    if (!target.startsWith(".")) {
      if (floor === "domain" && target !== "zod") found.push(`${path}: the domain imports ${target}`);
      continue;
    }
    const [to = "", toKind = ""] = posix.join(posix.dirname(path), target).split("/");
    // Adapters keep to themselves; what all of them stand on (hashing, whole files, processes) is in adapters/system.
    const sameFloor = to === floor && (floor !== "adapters" || kind === toKind || toKind === "system");
    const allowed = MAY_IMPORT[floor]?.includes(to) || (["adapters", "ports"].includes(to) && COMPOSER.test(path));
    if (!sameFloor && !allowed) found.push(`${path}: ${floor === to ? `${floor}/${kind}` : floor} imports ${target}`);
  }
  return found;
}

/** The files from which declared imports, of types too, lead back to themselves. */
function roundabouts(texts: ReadonlyMap<string, string>): string[] {
  const declared = (path: string): string[] =>
    [...(texts.get(path) ?? "").matchAll(IMPORT)].flatMap(([, target]) =>
      target?.startsWith(".") ? [posix.join(posix.dirname(path), target)] : [],
    );
  const reached = (from: string): Set<string> => {
    const found = new Set<string>();
    const next = declared(from);
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      if (found.has(path)) continue;
      found.add(path);
      next.push(...declared(path));
    }
    return found;
  };
  return [...texts.keys()].filter((path) => reached(path).has(path));
}

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => path.split(sep).join("/"));

describe("floors", () => {
  test("every import points down", () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(sources.flatMap((path) => violations(path, readFileSync(join(SRC, path), "utf8")))).toEqual([]);
  });

  test.each([
    ["domain/run.ts", 'import { x } from "../engine/run-loop.ts";'],
    ["domain/run.ts", 'import { readFileSync } from "node:fs";'],
    ["ports/clock.ts", 'import type { X } from "../adapters/system/clock.ts";'],
    ["engine/start.ts", 'const { x } = await import("../adapters/storage/open.ts");'],
    ["adapters/agents/a.ts", 'import { x } from "../terminals/screen.ts";'],
    ["cli/main.ts", 'import { x } from "../daemon/main.ts";'],
    ["daemon/handlers.ts", 'import { x } from "../adapters/storage/open.ts";'],
  ])("an upward import in %s is found", (path, text) => {
    expect(violations(path, text)).toHaveLength(1);
  });

  test("no import leads back to where it began, but one that is only made when it is needed", () => {
    expect(roundabouts(new Map(sources.map((path) => [path, readFileSync(join(SRC, path), "utf8")])))).toEqual([]);
    const planted = new Map([
      ["domain/a.ts", 'import { b } from "./b.ts";'],
      ["domain/b.ts", 'import type { C } from "./deep/c.ts";'],
      ["domain/deep/c.ts", 'export { a } from "../a.ts";'],
      ["domain/d.ts", 'const { a } = await import("./a.ts");'],
    ]);
    expect(roundabouts(planted)).toEqual(["domain/a.ts", "domain/b.ts", "domain/deep/c.ts"]);
  });

  test("every floor has its row", () => {
    expect([...new Set(sources.map((path) => path.split("/")[0]))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  test("there is no drawer for what has no place", () => {
    const drawers = sources.filter((path) =>
      /(?:^|\/)(?:utils?|helpers?|managers?|services?|types|index)(?:\.ts|\/)/.test(path),
    );
    expect(drawers).toEqual([]);
  });
});
