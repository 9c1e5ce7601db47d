/** In-memory stand-ins for the engine's outside: files, worktrees, commands, reports. Each keeps its port's promises. */
import { hash } from "node:crypto";
import type { Look } from "../../src/domain/artifact.ts";
import { Failure } from "../../src/domain/failure.ts";
import { referenceOf } from "../../src/domain/names.ts";
import type { Agents } from "../../src/ports/agent.ts";
import type { ArtifactStore } from "../../src/ports/artifacts.ts";
import type { CommandResult, Commands } from "../../src/ports/commands.ts";
import type { Definition, Definitions, JsonSchema, Shelf } from "../../src/ports/definitions.ts";
import type { Journal } from "../../src/ports/journal.ts";
import type { Reports } from "../../src/ports/reports.ts";
import type { Workspaces } from "../../src/ports/workspace.ts";

export const digest = (text: string): string => hash("sha256", text);

export interface FakeFiles extends ArtifactStore {
  put(path: string, text: string): void;
}

/**
 * Artifacts in memory. A document is good when it has every property that its schema requires, and each constant of it; keeping it
 * takes as long as `flush` does.
 */
export function fakeFiles(flush = async () => {}): FakeFiles {
  const files = new Map<string, string>();
  /** How often a file was written, and how often it had been when its bytes were first known to be refused. */
  const writes = new Map<string, number>();
  const refusedAt = new Map<string, { sha256: string; writes: number | undefined }>();
  const kept = new Map<string, string>();
  const watchers = new Map<string, Set<() => void>>();
  function missing(schema: Record<string, unknown>, value: unknown): string[] {
    const { required = [], properties = {} } = schema as { required?: string[]; properties?: Record<string, unknown> };
    return required.filter((name) => {
      if (typeof value !== "object" || value === null || !(name in value)) return true;
      const wanted = properties[name] as { const?: unknown } | undefined;
      return wanted?.const !== undefined && wanted.const !== (value as Record<string, unknown>)[name];
    });
  }

  function check(text: string, schema: Record<string, unknown>, until: Record<string, unknown> | undefined): Look {
    const sha256 = digest(text);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { kind: "bad", violations: [{ at: "", problem: "it is not JSON" }], sha256, parses: false };
    }
    const problems = missing(schema, value).map((name) => ({ at: "", problem: `${name} is missing` }));
    if (problems.length > 0) return { kind: "bad", violations: problems, sha256, parses: true };
    kept.set(sha256, text);
    const satisfied = until === undefined || missing(until, value).length === 0;
    return { kind: "good", accepted: { sha256, bytes: Buffer.byteLength(text), satisfied } };
  }

  return {
    put: (path, text) => {
      files.set(path, text);
      writes.set(path, (writes.get(path) ?? 0) + 1);
      for (const again of watchers.get(path) ?? []) again();
    },
    look: async ({ path, schema, until, refused }, good) => {
      const text = files.get(path);
      if (text === undefined) return { kind: "absent" };
      const sha256 = digest(text);
      const before = refusedAt.get(path);
      const rewritten = before?.sha256 === sha256 && before.writes !== writes.get(path);
      if (refused.includes(sha256)) {
        if (before?.sha256 !== sha256) refusedAt.set(path, { sha256, writes: writes.get(path) });
        return { kind: "stale", rewritten };
      }
      const look = check(text, schema, until);
      if (look.kind === "bad") refusedAt.set(path, { sha256, writes: writes.get(path) });
      if (look.kind === "good") {
        good?.(look.accepted);
        await flush();
      }
      return look;
    },
    watch: (path, again) => {
      const here = watchers.get(path) ?? new Set();
      watchers.set(path, here.add(again));
      return () => here.delete(again);
    },
    keep: async (text, { schema, until }) => check(text, schema, until),
    read: async (sha256) => kept.get(sha256),
    lint: () => undefined,
  };
}

export const fakeWorkspaces = (): Workspaces => ({
  inspect: async (directory, base) => ({ root: directory, base: base ?? "main", baseCommit: "c0ffee" }),
  prepare: async (run) => ({ path: `/w/${run}`, branch: `devflow/${run}`, commit: "c0ffee" }),
  pathOf: (run) => `/w/${run}`,
  check: async () => {},
  write: async (run, relative) => `/w/${run}/.devflow/${relative}`,
  mark: async () => {},
  rewind: async () => 0,
  unmark: async () => {},
  diffStat: async () => ({ files: 0, insertions: 0, deletions: 0, uncommitted: [], commits: 0 }),
  diff: async () => "",
  remove: async () => ({ wip: undefined }),
});

export const fakeCommands = (result: Partial<CommandResult> = {}): Commands => ({
  run: async () => ({
    exitCode: 0,
    signal: null,
    timedOut: false,
    durationMs: 1,
    stdout: "",
    stderr: "",
    truncated: false,
    ...result,
  }),
  end: async () => {},
});

export function fakeReports(): Reports & { written: Map<string, { json: string; markdown: string }> } {
  const written = new Map<string, { json: string; markdown: string }>();
  return {
    written,
    write: async (run, json, markdown) => {
      written.set(run, { json, markdown });
      return { json: `/r/${run}.json`, markdown: `/r/${run}.md`, sha256: digest(json) };
    },
  };
}

/** By value: simulations make the same definitions anew thousands of times. */
const hashes = new WeakMap<object, string>();

function hashOf(value: object): string {
  const known = hashes.get(value) ?? digest(JSON.stringify(value));
  hashes.set(value, known);
  return known;
}

export function fakeDefinitions(parts: {
  templates?: unknown[];
  personas?: unknown[];
  schemas?: JsonSchema[];
}): Definitions {
  const shelf = <T extends { name: string; version: number }>(kind: string, values: readonly T[]): Shelf<T> => {
    const all = values.map(
      (value): Definition<T> => ({ value, hash: hashOf(value), source: "made", origin: "shipped" }),
    );
    return {
      list: async () => ({ good: all, broken: [] }),
      get: async (reference) => {
        const found = all.find(({ value }) => value.name === reference || referenceOf(value) === reference);
        if (!found) throw new Failure("definition.not_found", { kind, name: reference });
        return found;
      },
      validate: async () => {
        throw new Failure("definition.not_found", { kind, name: "a file" });
      },
    };
  };
  return {
    templates: shelf("template", (parts.templates ?? []) as never[]),
    personas: shelf("persona", (parts.personas ?? []) as never[]),
    schemas: shelf("schema", parts.schemas ?? []),
  };
}

export const agentsOf = (adapter: ReturnType<Agents["for"]>): Agents => ({
  for: () => adapter,
  obstacle: async () => undefined,
});

export const silent: Journal = { info: () => {}, warn: () => {}, error: () => {} };
