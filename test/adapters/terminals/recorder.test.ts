/** Recordings: files that a player can show, whole after crashes and restarts, and never over their limit. */
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recorder } from "../../../src/adapters/terminals/recorder.ts";
import { knownSecrets } from "../../../src/domain/known-secrets.ts";
import { redactor } from "../../../src/domain/redact.ts";
import { outputScrubber } from "../../../src/domain/terminal-scrub.ts";

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "devflow 녹화 "));
  file = join(dir, "one.cast");
});
afterEach(() => rm(dir, { recursive: true }));

const size = { cols: 80, rows: 24, maxBytes: 1_000_000 };
const lines = async () =>
  (await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

describe("a recording", () => {
  it("is an asciicast v2 file with characters whole, however their bytes came", async () => {
    let now = 1_700_000_000_250;
    const cast = recorder({ file, ...size, now: () => now });
    const bytes = Buffer.from("\x1b[1m한\r\n");
    cast.output(bytes.subarray(0, 5));
    now += 1500;
    cast.output(bytes.subarray(5));
    cast.resize(100, 30);
    await cast.close();
    expect(await lines()).toEqual([
      { version: 2, width: 80, height: 24, timestamp: 1_700_000_000, env: { TERM: "xterm-256color" } },
      [0.25, "o", "\x1b[1m"],
      [1.75, "o", "한\r\n"],
      [1.75, "r", "100x30"],
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("holds no secret, however its output came, and shows the rest soon after it has come", async () => {
    const known = knownSecrets(["planted-secret-4711"]);
    const cast = recorder({ file, ...size, scrub: outputScrubber(known, redactor(known)) });
    for (const piece of ["a \u001b[1mplanted-", "\u001b[0msec", "ret-4711 b\r\nwait", "ing for tokens"])
      cast.output(Buffer.from(piece));
    await vi.waitFor(async () => expect(await readFile(file, "utf8")).toContain("tokens"), { timeout: 10_000 });
    cast.output(Buffer.from(" planted-sec"));
    await cast.close();
    const text = (await lines()).map((line) => (line as string[])[2] ?? "").join("");
    expect(text).toBe(`a \u001b[1m[redacte\u001b[0md]********* b\r\nwaiting for tokens ${"[redacted]*"}`);
  });

  it("goes on in the same file after a restart, on the same clock, without the line that a crash cut", async () => {
    const first = recorder({ file, ...size, now: () => 1_700_000_000_000 });
    first.output(Buffer.from("before"));
    await first.close();
    await appendFile(file, '[1.0,"o","cut in the mid');
    const second = recorder({ file, ...size, now: () => 1_700_000_060_000 });
    second.gap();
    second.output(Buffer.from("after"));
    await second.close();
    expect((await lines()).slice(1)).toEqual([
      [0, "o", "before"],
      [60, "r", "80x24"],
      [60, "m", "devflow: output may be missing here"],
      [60, "o", "after"],
    ]);
  });

  it("ends with one marker at its limit, and stays ended after a restart", async () => {
    const limited = { file, ...size, maxBytes: 4_000, now: () => 1_700_000_000_000 };
    for (let round = 0; round < 2; round++) {
      const cast = recorder(limited);
      for (let i = 0; i < 100; i++) cast.output(Buffer.from("x".repeat(100)));
      await cast.close();
    }
    const all = await lines();
    expect((await stat(file)).size).toBeLessThanOrEqual(4_000);
    expect(all.at(-1)).toEqual([0, "m", "devflow: recording ended at its size limit"]);
    expect(all.filter((line) => Array.isArray(line) && line[1] === "m")).toHaveLength(1);
  });

  it("keeps a flood whole, split between characters", async () => {
    const text = "🙂한a".repeat(30_000);
    const cast = recorder({ file, ...size, maxBytes: 10_000_000 });
    cast.output(Buffer.from(text));
    await cast.close();
    const outputs = (await lines()).filter((line): line is [number, string, string] => Array.isArray(line));
    expect(outputs.map((line) => line[2]).join("")).toBe(text);
    expect(outputs.every((line) => Buffer.from(line[2]).toString() === line[2])).toBe(true);
  });

  it("makes the folder that it goes into, for the user alone", async () => {
    file = join(dir, "recordings", "one.cast");
    const cast = recorder({ file, ...size });
    cast.output(Buffer.from("hello"));
    await cast.close();
    expect(await lines()).toHaveLength(2);
    expect((await stat(join(dir, "recordings"))).mode & 0o777).toBe(0o700);
  });

  it("gives up with a reason when the file cannot be written, and does not throw", async () => {
    await writeFile(join(dir, "none"), "a file where a folder should be");
    const problems: string[] = [];
    const cast = recorder({ ...size, file: join(dir, "none", "x.cast"), onProblem: (text) => problems.push(text) });
    cast.output(Buffer.from("lost"));
    await cast.close();
    expect(problems).toEqual([expect.stringContaining("EEXIST")]);
  });
});
