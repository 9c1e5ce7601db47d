import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { artifactStore } from "../../../src/adapters/artifacts/artifact-store.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import { sha256Hex } from "../../../src/adapters/system/content-hash.ts";
import type { Look } from "../../../src/domain/artifact.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { tempDirectory } from "../../support/temp.ts";

const SCHEMA = { type: "object", required: ["verdict"], properties: { verdict: { enum: ["yes", "no"] } } };
const UNTIL = { properties: { verdict: { const: "yes" } } };
const YES = '{"verdict": "yes"}';
const NO = '{"verdict": "no"}\n';

/** A worktree with a folder for one artifact, and a store whose clock the test moves. At 0 every file is from the future. */
function desk(now = 0) {
  const home = tempDirectory();
  const path = join(home, "wt/.devflow/artifacts/review-1/review.json");
  mkdirSync(dirname(path), { recursive: true });
  const clock = manualClock(now);
  const kept = join(home, "data/artifacts");
  const store = artifactStore({ directory: kept, clock });
  const look = (more: { refused?: string[]; until?: Record<string, unknown> } = {}): Promise<Look> =>
    store.look({ path, schema: SCHEMA, until: undefined, refused: [], ...more });
  return {
    home,
    path,
    clock,
    kept,
    store,
    look,
    folder: dirname(path),
    write: (text: string | Uint8Array) => writeFileSync(path, text),
  };
}

const problem = (look: Look): string =>
  look.kind === "unfinished" ? look.problem : look.kind === "bad" ? (look.violations[0]?.problem ?? "") : look.kind;

describe("A good artifact", () => {
  it("is good at the first look, and is already kept: read-only, by the hash of its bytes", async () => {
    const { write, look, kept, store } = desk();
    write(YES);
    const sha256 = sha256Hex(YES);
    expect(await look()).toEqual({ kind: "good", accepted: { sha256, bytes: YES.length, satisfied: true } });
    const file = join(kept, `${sha256}.json`);
    expect([readFileSync(file, "utf8"), statSync(file).mode & 0o777, readdirSync(kept)]).toEqual([
      YES,
      0o400,
      [`${sha256}.json`],
    ]);
    expect(await store.read(sha256)).toBe(YES);
  });

  it("stays kept as it was when the agent goes on writing", async () => {
    const { write, look, store } = desk();
    write(YES);
    await look();
    write(NO);
    await look();
    expect([await store.read(sha256Hex(YES)), await store.read(sha256Hex(NO))]).toEqual([YES, NO]);
    expect(await store.read("0".repeat(64))).toBeUndefined();
    expect(await store.read("../../etc/passwd")).toBeUndefined();
  });

  it("satisfies its loop or not, by the second schema", async () => {
    const { write, look } = desk();
    write(NO);
    expect(await look({ until: UNTIL })).toMatchObject({ accepted: { satisfied: false } });
    write(YES);
    expect(await look({ until: UNTIL })).toMatchObject({ accepted: { satisfied: true } });
  });

  it("with a byte order mark is read without it", async () => {
    const { write, look, store } = desk();
    write(`\ufeff${YES}`);
    expect(await look()).toMatchObject({ kind: "good", accepted: { sha256: sha256Hex(`\ufeff${YES}`) } });
    expect(await store.read(sha256Hex(`\ufeff${YES}`))).toBe(YES);
  });

  it("that was kept and changed since is told apart from what was accepted", async () => {
    const { write, look, kept, store } = desk();
    write(YES);
    await look();
    const file = join(kept, `${sha256Hex(YES)}.json`);
    chmodSync(file, 0o600);
    writeFileSync(file, "{}");
    await expect(store.read(sha256Hex(YES))).rejects.toMatchObject({ code: "artifact.damaged" });
    await look();
    expect(await store.read(sha256Hex(YES))).toBe(YES);
  });

  it("made by devflow itself is checked and kept in the same way", async () => {
    const { store } = desk();
    expect(await store.keep(NO, { schema: SCHEMA, until: UNTIL })).toEqual({
      kind: "good",
      accepted: { sha256: sha256Hex(NO), bytes: NO.length, satisfied: false },
    });
    expect(await store.read(sha256Hex(NO))).toBe(NO);
    expect(await store.keep("{}", { schema: SCHEMA, until: undefined })).toMatchObject({ kind: "bad", parses: true });
  });
});

describe("An artifact that is not there, or not ready", () => {
  it("is absent: no file, no folder, a file where the folder was, deleted again", async () => {
    const { look, path, folder, write } = desk();
    expect(await look()).toEqual({ kind: "absent" });
    write(YES);
    unlinkSync(path);
    expect(await look()).toEqual({ kind: "absent" });
    rmSync(folder, { recursive: true });
    expect(await look()).toEqual({ kind: "absent" });
    writeFileSync(folder, "");
    expect(await look()).toEqual({ kind: "absent" });
  });

  it("is unfinished while it is written in chunks, and good with the last one", async () => {
    const { look, write, clock } = desk();
    write('{"verdict"');
    expect(problem(await look())).toBe(
      "it is not JSON: line 1, column 11: the document ends too early: a colon is missing",
    );
    await clock.advance(249);
    expect((await look()).kind).toBe("unfinished");
    write('{"verdict": "y');
    await clock.advance(249); // it has changed: the time starts anew
    expect((await look()).kind).toBe("unfinished");
    write(YES);
    expect((await look()).kind).toBe("good");
  });

  it.each([
    ["empty", "", "the file is empty"],
    ["cut off", '{"verdict": "yes"', "it is not JSON: line 1, column 18: the document ends too early"],
    ["prose", "Done!", 'it is not JSON: line 1, column 1: this is no JSON value: "Done!"'],
    ["binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0x00]), "it is not UTF-8 text"],
    ["with NUL", '{"verdict": "yes\0"}', "it is not text: there are NUL bytes in it"],
    ["UTF-16", Buffer.from(`\ufeff${YES}`, "utf16le"), "it is not UTF-8 text"],
    ["half a character", Buffer.from('{"verdict": "예').subarray(0, -1), "it is not UTF-8 text"],
  ])("that is %s is unfinished first, and bad once it has stayed the same", async (_, bytes, said) => {
    const { look, write, clock } = desk();
    write(bytes);
    const first = await look();
    expect([first.kind, problem(first).startsWith(said)]).toEqual(["unfinished", true]);
    await clock.advance(250);
    const second = await look();
    expect(second).toMatchObject({ kind: "bad", parses: false, sha256: sha256Hex(Buffer.from(bytes)) });
    expect(problem(second)).toContain(said);
  });

  it("that is a bare number waits until it can be no longer one", async () => {
    const { path, store, write, clock } = desk();
    const look = () => store.look({ path, schema: { type: "number" }, until: undefined, refused: [] });
    write("12");
    expect(await look()).toEqual({ kind: "unfinished", problem: "it may not be complete yet" });
    write("123");
    await clock.advance(250);
    expect((await look()).kind).toBe("unfinished");
    await clock.advance(250);
    expect((await look()).kind).toBe("good");
  });

  it("that was written long ago, as after a restart, need not be looked at twice", async () => {
    const { look, write, path } = desk(Date.now());
    write("garbage");
    utimesSync(path, new Date(), new Date(Date.now() - 10_000));
    expect((await look()).kind).toBe("bad");
  });
});

describe("An artifact that is not acceptable", () => {
  it("is bad with what is wrong, at the first look", async () => {
    const { look, write } = desk();
    write('{"verdict": "maybe"}');
    expect(await look()).toEqual({
      kind: "bad",
      parses: true,
      sha256: sha256Hex('{"verdict": "maybe"}'),
      violations: [{ at: "/verdict", problem: 'it must be one of "yes", "no"; it is "maybe"' }],
    });
  });

  it("is stale when the same bytes were refused before, good ones included", async () => {
    const { look, write } = desk();
    write(YES);
    expect(await look({ refused: [sha256Hex(YES)] })).toEqual({ kind: "stale", rewritten: false });
    write(NO);
    expect((await look({ refused: [sha256Hex(YES)] })).kind).toBe("good");
  });

  it("is known to be written again when it is stale for another file", async () => {
    const { look, write } = desk();
    const maybe = '{"verdict": "maybe"}';
    const refused = [sha256Hex(maybe)];
    write(maybe);
    expect(await look()).toMatchObject({ kind: "bad" });
    expect(await look({ refused })).toEqual({ kind: "stale", rewritten: false });
    write(maybe);
    expect(await look({ refused })).toEqual({ kind: "stale", rewritten: true });
  });

  it("because it has 50 MB is refused without being read", async () => {
    const { look, write } = desk();
    write(Buffer.alloc(50 * 1024 * 1024, 32));
    expect(await look()).toMatchObject({
      kind: "bad",
      sha256: undefined,
      violations: [{ at: "", problem: "it has 52428800 bytes; the limit is 10485760. Say it in fewer words" }],
    });
  });

  it.each([
    ["a folder", (path: string) => mkdirSync(path), "it is a folder; write a regular file"],
    ["a FIFO", (path: string) => execFileSync("mkfifo", [path]), "it is no regular file"],
    ["a link to a device", (path: string) => symlinkSync("/dev/zero", path), "it is a link; write a regular file"],
    ["a link to nothing", (path: string) => symlinkSync("/nowhere", path), "it is a link; write a regular file"],
  ])("because it is %s is bad, and nothing hangs", async (_, make, said) => {
    const { look, path } = desk();
    make(path);
    expect(await look()).toMatchObject({ kind: "bad", sha256: undefined, violations: [{ problem: said }] });
  });

  it("because it is a link to a good file outside is bad", async () => {
    const { look, path, home } = desk();
    writeFileSync(join(home, "outside.json"), YES);
    symlinkSync(join(home, "outside.json"), path);
    expect(problem(await look())).toBe("it is a link; write a regular file");
  });

  it.each([
    [".devflow/artifacts/review-1", ".devflow/artifacts/review-1 is a link; it must be a folder"],
    [".devflow/artifacts", ".devflow/artifacts is a link; it must be a folder"],
    [".devflow", ".devflow is a link; it must be a folder"],
  ])("because %s has become a link to elsewhere is bad", async (part, said) => {
    const { look, write, home } = desk();
    write(YES);
    renameSync(join(home, "wt", part), join(home, "elsewhere"));
    symlinkSync(join(home, "elsewhere"), join(home, "wt", part));
    expect(problem(await look())).toBe(said);
  });

  it("but not because the worktree itself is reached by a link, as on machines whose home is one", async () => {
    const { write, home, store } = desk();
    write(YES);
    symlinkSync(join(home, "wt"), join(home, "link"));
    const path = join(home, "link/.devflow/artifacts/review-1/review.json");
    expect((await store.look({ path, schema: SCHEMA, until: undefined, refused: [] })).kind).toBe("good");
  });
});

describe("Waiting for an artifact", () => {
  /** Real events, and a clock that stands still: what wakes is an event. */
  const waiting = () => {
    const made = desk();
    const again = vi.fn();
    onTestFinished(made.store.watch(made.path, again));
    return { ...made, again };
  };

  it("is woken when it is renamed in, and it is good at that moment", async () => {
    const { path, folder, store, look } = desk();
    const seen = new Promise<Look>((resolve) => {
      onTestFinished(store.watch(path, () => void look().then(resolve)));
    });
    writeFileSync(join(folder, "draft.tmp"), YES);
    renameSync(join(folder, "draft.tmp"), path);
    expect((await seen).kind).toBe("good");
  });

  it("is not woken by other files", async () => {
    const { again, folder, path } = waiting();
    for (let i = 0; i < 20; i += 1) writeFileSync(join(folder, `other-${i}`), "x");
    renameSync(join(folder, "other-0"), path);
    await vi.waitFor(() => expect(again).toHaveBeenCalled());
    expect(again.mock.calls.length).toBeLessThan(5);
  });

  it("makes the folder", () => {
    const { store, home } = desk();
    const path = join(home, "wt/.devflow/artifacts/new-1/a.json");
    onTestFinished(store.watch(path, () => undefined));
    expect(statSync(dirname(path)).isDirectory()).toBe(true);
  });

  it("does not make the folder through a link, and does not fail for a file in its place", () => {
    const { store, home } = desk();
    mkdirSync(join(home, "outside"));
    mkdirSync(join(home, "wt2"));
    symlinkSync(join(home, "outside"), join(home, "wt2/.devflow"));
    onTestFinished(store.watch(join(home, "wt2/.devflow/artifacts/a-1/a.json"), () => undefined));
    expect(readdirSync(join(home, "outside"))).toEqual([]);
    mkdirSync(join(home, "wt3/.devflow"), { recursive: true });
    writeFileSync(join(home, "wt3/.devflow/artifacts"), "");
    onTestFinished(store.watch(join(home, "wt3/.devflow/artifacts/a-1/a.json"), () => undefined));
  });

  it("goes on when the folder is removed and made again", async () => {
    const { again, folder, path } = waiting();
    rmSync(folder, { recursive: true });
    await vi.waitFor(() => expect(statSync(folder).isDirectory()).toBe(true)); // made again by the watch itself
    again.mockClear();
    writeFileSync(path, YES);
    await vi.waitFor(() => expect(again).toHaveBeenCalled());
  });

  it("finds by the tick what no event told, and makes a removed .devflow anew", async () => {
    const { again, home, clock, path, folder } = waiting();
    rmSync(join(home, "wt/.devflow"), { recursive: true });
    await vi.waitFor(() => expect(() => statSync(folder)).toThrow());
    await clock.advance(1_000);
    expect(statSync(folder).isDirectory()).toBe(true);
    again.mockClear();
    writeFileSync(path, YES);
    await vi.waitFor(() => expect(again).toHaveBeenCalled());
  });

  it("is woken again once an unfinished file can have settled, and not by the tick alone", async () => {
    const { again, clock, write, look } = waiting();
    write('{"verd');
    await vi.waitFor(() => expect(again).toHaveBeenCalled());
    expect((await look()).kind).toBe("unfinished");
    again.mockClear();
    await clock.advance(250);
    expect(again).toHaveBeenCalledTimes(1);
    expect((await look()).kind).toBe("bad");
    again.mockClear();
    await clock.advance(10_000);
    expect(again).not.toHaveBeenCalled();
  });

  it("of many has one timer, and none when nobody waits", async () => {
    const { store, home, clock } = desk();
    const stops = Array.from({ length: 50 }, (_, i) =>
      store.watch(join(home, `wt/.devflow/artifacts/p${i}-1/a.json`), () => undefined),
    );
    expect(clock.sleeping()).toBe(1);
    for (const stop of stops) stop();
    for (const stop of stops) stop();
    expect(clock.sleeping()).toBe(0);
  });

  it("sees the last state of a file that is written over and over, by a real clock", async () => {
    const { path, folder, kept } = desk();
    const store = artifactStore({ directory: kept, clock: systemClock() });
    let last: Look = { kind: "absent" };
    let looks = Promise.resolve();
    const look = async () => {
      last = await store.look({ path, schema: SCHEMA, until: undefined, refused: [] });
    };
    onTestFinished(
      store.watch(path, () => {
        looks = looks.then(look);
      }),
    );
    for (let i = 0; i < 200; i += 1) {
      if (i % 3 === 0) writeFileSync(path, `{"verdict": "yes", "i": ${i}`);
      else {
        writeFileSync(join(folder, "t"), `{"verdict": "yes", "i": ${i}}`);
        renameSync(join(folder, "t"), path);
      }
      if (i % 10 === 0) await new Promise(setImmediate);
    }
    const final = sha256Hex(readFileSync(path));
    await vi.waitFor(() => expect(last).toMatchObject({ kind: "good", accepted: { sha256: final } }));
    await looks;
  });
});
