import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pinoJournal } from "../../src/adapters/system/pino-journal.ts";
import { printLogs, readable } from "../../src/daemon/logs.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "df-log-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (maxBytes?: number) =>
  pinoJournal({
    file: join(directory, "devflowd.log"),
    redact: (text) => text.replaceAll("geheim", "[redacted]"),
    ...(maxBytes !== undefined && { maxBytes }),
  });

describe("the journal", () => {
  it("scrubs what it writes, messages and fields", () => {
    const journal = open();
    journal.info("a geheim", { b: { c: "geheim" } });
    const text = readFileSync(join(directory, "devflowd.log"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ level: 30, msg: "a [redacted]", b: { c: "[redacted]" } });
    journal.close();
    journal.info("after the end");
  });

  it("is cut in place when it is full, so that others who append to the file go on in it; one former part is kept", () => {
    const file = join(directory, "devflowd.log");
    const journal = open(2_000);
    for (let n = 0; n < 60; n += 1) {
      const before = statSync(file).ino;
      journal.info("entry", { n });
      expect(statSync(file).ino).toBe(before);
    }
    expect(statSync(file).size).toBeLessThan(2_300);
    const numbers = `${readFileSync(`${file}.1`, "utf8")}${readFileSync(file, "utf8")}`
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
    expect(numbers.at(-1)).toBe(59);
    journal.close();
  });
});

describe("logs", () => {
  it("are shown in words, and what is not the journal's as it is", () => {
    const line = '{"level":50,"time":"2026-01-02T03:04:05.678Z","pid":7,"error":"e f","n":1,"msg":"broke"}';
    expect(readable(line)).toBe("2026-01-02 03:04:05 ERROR broke error=e f n=1");
    expect(readable("FATAL ERROR: out of memory")).toBe("FATAL ERROR: out of memory");
    expect(readable("{half")).toBe("{half");
  });

  it("that are followed show each line once, also after the file was cut", async () => {
    const file = join(directory, "x.log");
    expect(existsSync(file)).toBe(false);
    const stop = new AbortController();
    const seen: string[] = [];
    const done = printLogs({ file, follow: true, raw: true, print: (line) => seen.push(line), signal: stop.signal });
    appendFileSync(file, "one\ntw");
    await vi.waitFor(() => expect(seen).toEqual(["one"]));
    appendFileSync(file, "o\nthree\n");
    await vi.waitFor(() => expect(seen).toEqual(["one", "two", "three"]));
    rmSync(file);
    appendFileSync(file, "four\n");
    await vi.waitFor(() => expect(seen).toEqual(["one", "two", "three", "four"]));
    stop.abort();
    await done;
  });
});
