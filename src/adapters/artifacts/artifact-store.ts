/**
 * Artifacts as files: looked at, judged by their schema, and kept by their hash.
 *
 * A document that is an object or a list, and parses, is whole: none that is cut off does. So what was renamed in, or just
 * written, is judged at the first look. Everything else has to be the same twice, `SAME_TWICE_MS` apart, before it counts.
 */
import { type Accepted, type Look, SAME_TWICE_MS, type Violation } from "../../domain/artifact.ts";
import { readJson } from "../../domain/json-text.ts";
import type { ArtifactStore, Expectation } from "../../ports/artifacts.ts";
import type { Clock } from "../../ports/clock.ts";
import { sha256Hex } from "../system/content-hash.ts";
import { keptArtifacts } from "./kept.ts";
import { readWhole } from "./read-whole.ts";
import { schemaCheck } from "./schema-check.ts";
import { watches } from "./watches.ts";

export interface ArtifactStoreOptions {
  /** Where accepted artifacts are kept. */
  directory: string;
  clock: Clock;
}

/** Files whose last mark is remembered; more than could ever be awaited at once. */
const MAX_REMEMBERED = 1_000;

type Contract = Pick<Expectation, "schema" | "until">;

export function artifactStore({ directory, clock }: ArtifactStoreOptions): ArtifactStore {
  const kept = keptArtifacts(directory);
  const schemas = schemaCheck();
  const waiting = watches(clock);
  const remembered = new Map<string, { mark: string; since: number }>();
  /** The mark that a file had when its bytes were first known to be refused: with another one they were written again. */
  const refused = new Map<string, { sha256: string; mark: string }>();

  /** Whether the file has not changed for long enough to be what its writer meant. */
  function settled(path: string, mark: string, modifiedMs: number): boolean {
    const now = clock.now();
    const before = remembered.get(path);
    const since = before?.mark === mark ? before.since : now;
    remember(remembered, path, { mark, since });
    return now - since >= SAME_TWICE_MS || now - modifiedMs >= SAME_TWICE_MS;
  }

  function stale(path: string, sha256: string, mark: string): Look {
    const before = refused.get(path);
    if (before?.sha256 !== sha256) remember(refused, path, { sha256, mark });
    return { kind: "stale", rewritten: before?.sha256 === sha256 && before.mark !== mark };
  }

  function unfinished(path: string, problem: string): Look {
    waiting.soon(path);
    return { kind: "unfinished", problem };
  }

  /** Satisfied or not: the document as a value against its schemas. */
  function judge(value: unknown, bytes: Uint8Array, sha256: string, { schema, until }: Contract): Look | Accepted {
    const violations = schemas.check(schema, value, bytes.length);
    if (violations.length > 0) return { kind: "bad", violations, sha256, parses: true };
    const satisfied = until === undefined || schemas.check(until, value, bytes.length).length === 0;
    return { sha256, bytes: bytes.length, satisfied };
  }

  async function accept(
    bytes: Uint8Array,
    judged: Look | Accepted,
    good?: (accepted: Accepted) => void,
  ): Promise<Look> {
    if ("kind" in judged) return judged;
    await kept.keep(bytes, judged.sha256, () => good?.(judged));
    return { kind: "good", accepted: judged };
  }

  return {
    async look(expected, good) {
      const { path } = expected;
      const seen = readWhole(path);
      if (seen.kind === "absent") return seen;
      if (seen.kind === "changing") return unfinished(path, "it is being written");
      if (seen.kind === "odd") return bad(seen.problem, undefined);
      const { bytes, mark, modifiedMs } = seen;
      const still = settled(path, mark, modifiedMs);
      const sha256 = sha256Hex(bytes);
      if (expected.refused.includes(sha256)) return stale(path, sha256, mark);
      const read = parse(bytes);
      if ("problem" in read) {
        if (!still) return unfinished(path, read.problem);
        remember(refused, path, { sha256, mark });
        return bad(read.problem, sha256);
      }
      // Half a number is a number: what is not enclosed in brackets has to settle.
      if (!still && (typeof read.value !== "object" || read.value === null))
        return unfinished(path, "it may not be complete yet");
      const judged = await accept(bytes, judge(read.value, bytes, sha256, expected), good);
      if (judged.kind === "bad") remember(refused, path, { sha256, mark });
      return judged;
    },

    watch: waiting.watch,

    async keep(text, expected) {
      const bytes = new TextEncoder().encode(text);
      const read = parse(bytes);
      const sha256 = sha256Hex(bytes);
      if ("problem" in read) return bad(read.problem, sha256);
      return accept(bytes, judge(read.value, bytes, sha256, expected));
    },

    read: kept.read,
    lint: schemas.lint,
  };
}

function remember<T>(all: Map<string, T>, path: string, value: T): void {
  all.delete(path);
  all.set(path, value);
  const oldest = all.keys().next().value;
  if (all.size > MAX_REMEMBERED && oldest !== undefined) all.delete(oldest);
}

/** What does not parse, and what is no file at all. */
const bad = (problem: string, sha256: string | undefined): Look => {
  const violations: Violation[] = [{ at: "", problem }];
  return { kind: "bad", violations, sha256, parses: false };
};

function parse(bytes: Uint8Array): { value: unknown } | { problem: string } {
  if (bytes.length === 0) return { problem: "the file is empty" };
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes); // drops a byte order mark
  } catch {
    return { problem: "it is not UTF-8 text" };
  }
  if (text.includes("\0")) return { problem: "it is not text: there are NUL bytes in it" };
  const json = readJson(text);
  return json.ok ? json : { problem: `it is not JSON: line ${json.line}, column ${json.column}: ${json.problem}` };
}
