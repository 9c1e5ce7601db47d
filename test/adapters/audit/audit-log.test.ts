/** The audit record on a real disk: whole after crashes and rotations, and not to be changed without its being found. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { auditLog } from "../../../src/adapters/audit/audit-log.ts";
import { openEventLog } from "../../../src/adapters/storage/sqlite-event-log.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import { keepAuditTrail } from "../../../src/daemon/audit-trail.ts";
import type { AuditFact } from "../../../src/domain/audit.ts";
import type { RunEvent } from "../../../src/domain/event.ts";
import { RunId } from "../../../src/domain/ids.ts";
import type { AuditLog } from "../../../src/ports/audit.ts";
import { opened, persona, session, started, template } from "../../support/made.ts";
import { tempDirectory } from "../../support/temp.ts";

let directory: string;
let anchor: string;
let problems: string[];
const open: AuditLog[] = [];
beforeEach(() => {
  directory = join(tempDirectory(), "감사 기록");
  anchor = join(directory, "state", "audit.db");
  problems = [];
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function begun(maxBytes?: number): AuditLog {
  const one = auditLog({
    directory,
    anchor,
    onProblem: (said) => problems.push(said),
    ...(maxBytes !== undefined && { maxBytes }),
  });
  open.push(one);
  return one;
}
const ended = (): void => {
  for (const one of open.splice(0)) one.close();
};
const fact = (cursor: number, more: Partial<AuditFact> = {}): AuditFact => ({
  at: 1_700_000_000_000 + cursor,
  kind: "command",
  what: "starting",
  cursor,
  about: { argv: ["npm", "test", "한글"], n: cursor },
  ...more,
});
const file = () => join(directory, "audit.jsonl");
const texts = (): string[] => readFileSync(file(), "utf8").trimEnd().split("\n");
const put = (lines: readonly string[]): void => writeFileSync(file(), `${lines.join("\n")}\n`);
const found = async () => (await begun().verify()).problems.map(({ kind, line, said }) => `${line} ${kind}: ${said}`);

function written(count: number): string[] {
  const audit = begun();
  for (let n = 1; n <= count; n += 1) audit.append([fact(n)]);
  ended();
  return texts();
}

describe("a record", () => {
  test("is one line of canonical JSON for each thing that was done, for the user alone, each chained to the one before", async () => {
    const audit = begun();
    audit.append([fact(1), fact(1, { what: "finished" })]);
    audit.append([fact(2)]);
    const [first, second, third] = texts().map((text) => JSON.parse(text));
    expect(first).toMatchObject({ seq: 1, prev: "0".repeat(64), cursor: 1, kind: "command", about: { n: 1 } });
    expect([second.prev, third.prev]).toEqual([first.hash, second.hash]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(await audit.verify()).toMatchObject({
      lines: 3,
      files: 1,
      problems: [],
      last: { seq: 3, hash: third.hash },
    });
    expect(audit.after()).toEqual({ cursor: 2, lines: 1 });
  });

  test("goes on where it was after it was closed", async () => {
    written(3);
    const audit = begun();
    expect(audit.after()).toEqual({ cursor: 3, lines: 1 });
    audit.append([fact(4)]);
    expect(await audit.verify()).toMatchObject({ lines: 4, problems: [] });
    expect(problems).toEqual([]);
  });

  test("with a line that was cut in the middle loses that line, says so, and goes on", async () => {
    written(3);
    truncateSync(file(), statSync(file()).size - 40);
    const audit = begun();
    expect(problems.join()).toMatch(/cut in the middle/);
    expect(audit.after()).toEqual({ cursor: 2, lines: 1 });
    audit.append([fact(3)]);
    expect(await audit.verify()).toMatchObject({ lines: 3, problems: [] });
  });

  test("keeps its chain over many files", async () => {
    const audit = begun(2_000);
    for (let n = 1; n <= 60; n += 1) audit.append([fact(n)]);
    const names = readdirSync(directory).filter((name) => name.endsWith(".jsonl"));
    expect(names.length).toBeGreaterThan(5);
    expect(names).toContain("audit-000000000001.jsonl");
    expect(await audit.verify()).toMatchObject({ lines: 60, files: names.length, problems: [] });
    ended();
    const again = begun(2_000);
    again.append([fact(61)]);
    expect(await again.verify()).toMatchObject({ lines: 61, problems: [] });
    expect((await again.read({ after: 0, limit: 1_000 })).lines.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 61 }, (_, n) => n + 1),
    );
    ended();
    rmSync(join(directory, names[2] ?? ""));
    expect((await found()).join()).toMatch(/missing: lines \d+ to \d+ are missing/);
  });

  test("is read from any line on, of one run alone too", async () => {
    const audit = begun();
    for (let n = 1; n <= 20; n += 1) audit.append([fact(n, { run: n % 2 === 0 ? "EVEN" : "ODD" })]);
    const seqs = async (query: Parameters<AuditLog["read"]>[0]) => {
      const { lines, seen } = await audit.read(query);
      return [lines.map(({ seq }) => seq), seen];
    };
    const queries = [
      [{ limit: 3 }, [[18, 19, 20], 20]],
      [{ limit: 2, run: "ODD" }, [[17, 19], 20]],
      [{ after: 16, limit: 2 }, [[17, 18], 18]],
      [{ after: 15, limit: 10, run: "EVEN" }, [[16, 18, 20], 20]],
      [{ after: 20, limit: 10 }, [[], 20]],
    ] as const;
    for (const [query, answer] of queries) expect(await seqs(query)).toEqual(answer);
    ended();
    const fresh = begun(); // which has nothing in memory
    for (const [query, answer] of queries) {
      const { lines, seen } = await fresh.read(query);
      expect([lines.map(({ seq }) => seq), seen]).toEqual(answer);
    }
  });

  test("of a hundred thousand lines is proved while others get their turn", async () => {
    const audit = begun();
    for (let n = 0; n < 100; n += 1) audit.append(Array.from({ length: 1_000 }, (_, m) => fact(n * 1_000 + m + 1)));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    expect(await audit.verify()).toMatchObject({ lines: 100_000, problems: [] });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(20);
  }, 120_000);
});

describe("tampering is found", () => {
  test("a line that was changed", async () => {
    const lines = written(6);
    put(lines.map((text, n) => (n === 2 ? text.replace("npm", "rm ") : text)));
    expect(await found()).toEqual(["3 changed: line 3 does not have the hash that belongs to it"]);
  });

  test("a line that was changed and given a hash of its own", async () => {
    const lines = written(6);
    const other = begunElsewhere([fact(1), fact(2), fact(3, { what: "forged" })]);
    put(lines.map((text, n) => (n === 2 ? (other[2] ?? "") : text)));
    expect(await found()).toEqual(["4 added: line 4 does not follow from the line before it"]);
  });

  test("a line that was dropped, in the middle and at the beginning", async () => {
    const lines = written(6);
    put(lines.filter((_, n) => n !== 2));
    expect(await found()).toEqual(["3 missing: line 3 is missing before line 4"]);
    ended();
    put(lines.slice(2));
    expect(await found()).toEqual(["1 missing: lines 1 to 2 are missing before line 3"]);
  });

  test("a line that was added: a copy, an invention, rubbish", async () => {
    const lines = written(4);
    put([...lines.slice(0, 2), lines[1] ?? "", ...lines.slice(2)]);
    expect(await found()).toEqual(["3 added: line 2 is there twice"]);
    ended();
    put([...lines.slice(0, 2), JSON.stringify({ ...JSON.parse(lines[1] ?? ""), seq: 3 }), ...lines.slice(2)]);
    expect((await found())[0]).toMatch(/^3 changed/);
    ended();
    put([...lines.slice(0, 2), "{ rubbish", ...lines.slice(2)]);
    expect((await found())[0]).toMatch(/^3 changed: it is no line/);
  });

  test("lines that were moved", async () => {
    const [a = "", b = "", c = "", d = ""] = written(4);
    put([a, c, b, d]);
    expect(await found()).toEqual([
      "2 missing: line 2 is missing before line 3",
      "3 moved: line 2 stands behind line 3",
    ]);
  });

  test("a tail that was cut off, all of the record too", async () => {
    const lines = written(6);
    const audit = begun();
    put(lines.slice(0, 4));
    expect((await audit.verify()).problems).toMatchObject([
      { kind: "cut off", said: expect.stringContaining("the last 2 lines are missing"), line: 4 },
    ]);
    writeFileSync(file(), "");
    expect((await audit.verify()).problems).toMatchObject([{ kind: "cut off" }]);
  });

  test("a record that was made anew, every hash right", async () => {
    written(6);
    put(begunElsewhere(Array.from({ length: 6 }, (_, n) => fact(n + 1, { what: n === 3 ? "forged" : "starting" }))));
    expect((await found()).join()).toMatch(/rewritten: line 6 is not the one that was written/);
  });

  test("a tail that was replaced, however far the record has come since", async () => {
    const lines = written(6);
    put(lines.slice(0, 4));
    const audit = begun();
    audit.append([fact(5, { what: "another" }), fact(6), fact(7)]);
    ended();
    for (let restart = 8; restart < 11; restart += 1) {
      const again = begun();
      again.append([fact(restart)]);
      expect((await again.verify()).problems).toMatchObject([
        { kind: "rewritten", said: expect.stringContaining("line 6") },
      ]);
      ended();
    }
  });

  test("white space, which changes nothing that is said", async () => {
    const lines = written(3);
    put(lines.map((text, n) => (n === 1 ? text.replace(":", ": ") : text)));
    expect(await found()).toEqual(["2 changed: line 2 does not have the hash that belongs to it"]);
  });
});

function begunElsewhere(facts: readonly AuditFact[]): string[] {
  const elsewhere = tempDirectory();
  const other = auditLog({ directory: elsewhere, anchor: join(elsewhere, "a.db"), onProblem: () => {} });
  other.append(facts);
  other.close();
  return readFileSync(join(elsewhere, "audit.jsonl"), "utf8").trimEnd().split("\n");
}

describe("the trail of an event log", () => {
  const RUN = RunId.parse(`01${"R".repeat(24)}`);
  const made = template({ specify: {} });
  const beginning = {
    ...started(made),
    bindings: { specify: { persona: persona("p", { env: ["OPENAI_API_KEY", "LANG"] }), hash: "a".repeat(64) } },
  };
  const EVENTS: RunEvent[] = [
    beginning,
    ...opened("specify"),
    { type: "command.starting", phase: "specify", attempt: 1, argv: ["npm", "test"] },
  ];
  const changes = (count: number): RunEvent[] =>
    Array.from({ length: count }, (_, n) => ({
      type: "session.changed",
      session: session(),
      from: n % 2 === 0 ? "ready" : "working",
      to: n % 2 === 0 ? "working" : "ready",
      cause: `change ${n}`,
      evidence: [],
    }));
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };

  async function follow(log: ReturnType<typeof openEventLog>, audit: AuditLog): Promise<void> {
    const stop = new AbortController();
    const trail = keepAuditTrail({ log, audit, clock: systemClock(), journal: quiet }, stop.signal);
    await vi.waitFor(() => expect(audit.after().cursor).toBe(log.head()), { timeout: 30_000 });
    stop.abort();
    await trail;
  }

  test("tells each event once, names what a session was given, and takes up lines that a crash left out", async () => {
    const log = openEventLog({ file: join(tempDirectory(), "devflow.db") });
    await log.append(RUN, 0, EVENTS, { at: 1 });
    await follow(log, begun());
    const whole = texts();
    expect(whole.map((text) => JSON.parse(text)).map(({ kind, what, about }) => [kind, what, about.name])).toEqual([
      ["run", "started", undefined],
      ["session", "opening", undefined],
      ["secret", "given", "OPENAI_API_KEY"],
      ["secret", "given", "LANG"],
      ["session", "opened", undefined],
      ["command", "starting", undefined],
    ]);
    for (let kept = 0; kept < whole.length; kept += 1) {
      ended();
      writeFileSync(
        file(),
        whole
          .slice(0, kept)
          .map((text) => `${text}\n`)
          .join(""),
      );
      await follow(log, begun());
      expect(texts()).toEqual(whole);
    }
    expect(await begun().verify()).toMatchObject({ lines: whole.length, problems: [] });
    log.close();
  });

  test("has what was written last when the daemon stops", async () => {
    const log = openEventLog({ file: join(tempDirectory(), "devflow.db") });
    const audit = begun();
    const stop = new AbortController();
    const trail = keepAuditTrail({ log, audit, clock: systemClock(), journal: quiet }, stop.signal);
    await log.append(RUN, 0, EVENTS.slice(0, 3), { at: Date.now() });
    await log.append(RUN, 3, EVENTS.slice(3), { at: Date.now() });
    stop.abort();
    await trail;
    expect(audit.after().cursor).toBe(log.head());
    expect(texts()).toHaveLength(6);
    log.close();
  });

  test("is whole, with nothing twice, however often its writer is killed", async () => {
    const database = join(tempDirectory(), "devflow.db");
    const log = openEventLog({ file: database });
    await log.append(RUN, 0, [...EVENTS, ...changes(3_000)], { at: 1 });
    log.close();
    for (let kill = 0; kill < 6; kill += 1) {
      const writer = spawn(process.execPath, [
        "--import",
        "tsx",
        join(import.meta.dirname, "../../support/audit-writer.ts"),
        directory,
        anchor,
        database,
      ]);
      await once(writer.stdout, "data");
      const size = sizeNow();
      await vi.waitFor(() => expect(sizeNow() > size || writer.exitCode !== null).toBe(true), {
        timeout: 30_000,
        interval: 1,
      });
      await killed(writer);
    }
    const again = openEventLog({ file: database });
    await follow(again, begun());
    const cursors = texts().map((text) => JSON.parse(text).cursor as number);
    expect([...new Set(cursors)]).toHaveLength(again.head());
    expect(cursors).toHaveLength(again.head() + 2);
    expect(await begun().verify()).toMatchObject({ problems: [] });
    again.close();
  }, 120_000);

  const sizeNow = (): number => (readdirSync(directory).includes("audit.jsonl") ? statSync(file()).size : 0);
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
