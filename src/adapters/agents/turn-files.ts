/**
 * The files of one headless turn, in a folder of its own; they are all that a restarted daemon needs to know of it.
 *
 *   turn.json   what was asked for, before anything is started      prompt    the agent's stdin
 *   alive       the claim: see turn-wrapper.ts                       pid       of the wrapper
 *   stdout, stderr                                                   exit.json how the agent ended, by rename
 *   stop.json   why devflow ends it, written before it does          told      how many usage reports were passed on
 *   result.json what it came to, once it is over: nothing of the turn is read again
 */
import { close, constants, fstat, open as openFile } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { jsonOf } from "../../domain/json-text.ts";
import type { Redact } from "../../domain/redact.ts";
import { Verdict } from "../../domain/session.ts";
import { cleanText } from "../../domain/text.ts";
import { Usage } from "../../domain/usage.ts";

/** What of stderr is worth keeping as a reason. */
const STDERR_BYTES = 2_048;

/** Where that is looked for among the lines of a log. */
const LOGGED_BYTES = 64 * 1024;

/** A longer output of a turn that is over is removed: it could not be looked through without stopping everything else. */
const SCRUBBED_BYTES = 64 * 1024 * 1024;

export const TurnRecord = z.object({
  key: z.string(),
  /** Counts a session's turns from 1. */
  number: z.number(),
  at: z.number(),
  /** How many usage reports the session had told before this turn. */
  reportsBefore: z.number(),
  /** How many turns in a row before this one ended in a limit: waiting gets longer. */
  limitsBefore: z.number(),
  /** The conversation that it goes on with, and what that had used. */
  continues: z.object({ conversation: z.string(), total: Usage.exactOptional() }).exactOptional(),
});
export type TurnRecord = z.infer<typeof TurnRecord>;

const Exit = z.object({ code: z.number() });
const Stop = z.object({ why: z.string(), key: z.string().exactOptional() });
export type Stop = z.infer<typeof Stop>;

/** A turn that is over, as it is remembered. */
export const TurnResult = z.object({
  verdict: Verdict,
  events: z.number(),
  first: z.string().exactOptional(),
  conversation: z.string().exactOptional(),
  total: Usage.exactOptional(),
  reports: z.array(Usage),
});
export type TurnResult = z.infer<typeof TurnResult>;

/** `unclaimed`: no wrapper runs it (yet). `gone`: one did, or none may any more. */
export type TurnProcess = "unclaimed" | "alive" | "gone";

export interface TurnFiles {
  readonly folder: string;
  readonly stdout: string;
  readonly log: string;
  /** Makes the folder; false when it is there already. */
  create(): Promise<boolean>;
  prepare(record: TurnRecord, prompt: string): Promise<void>;
  record(): Promise<TurnRecord | undefined>;
  process(): Promise<TurnProcess>;
  /** Makes sure that no wrapper will ever run it; false when one already has. */
  forbid(): Promise<boolean>;
  pid(): Promise<number | undefined>;
  exit(): Promise<number | undefined>;
  /** The last of it, without the lines that `log` is found in. */
  stderr(log?: RegExp): Promise<string>;
  stop(): Promise<Stop | undefined>;
  setStop(stop: Stop): Promise<void>;
  result(): Promise<TurnResult | undefined>;
  setResult(result: TurnResult): Promise<void>;
  /** Takes secrets out of what the agent was told and what it printed: nothing reads that again. */
  scrub(redact: Redact): Promise<void>;
  /** Makes room for another try at the same key; what was is kept beside it. */
  setAside(): Promise<void>;
}

export function turnFiles(folder: string): TurnFiles {
  const at = (name: string): string => join(folder, name);
  const read = async <T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const text = await readFile(at(name), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const parsed = schema.safeParse(jsonOf(text));
    return parsed.success ? parsed.data : undefined;
  };
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(at(`${name}.part`), text, { mode: 0o600 });
    await rename(at(`${name}.part`), at(name));
  };
  return {
    folder,
    stdout: at("stdout"),
    log: at("stderr"),
    create: () =>
      mkdir(folder, { mode: 0o700 }).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === "EEXIST") return false;
          throw error;
        },
      ),
    prepare: async (record, prompt) => {
      await write("prompt", prompt);
      await write("turn.json", JSON.stringify(record));
    },
    record: () => read("turn.json", TurnRecord),
    process: () => processOf(at("alive")),
    forbid: () =>
      writeFile(at("alive"), "", { flag: "wx", mode: 0o600 }).then(
        () => true,
        () => false,
      ),
    pid: async () => (await read("pid", z.number())) ?? undefined,
    exit: async () => (await read("exit.json", Exit))?.code,
    stderr: async (log) => {
      if (!log) return readable(await tail(at("stderr"), STDERR_BYTES));
      const text = await tail(at("stderr"), LOGGED_BYTES);
      // The first line has lost its beginning, where the file is longer.
      const lines = text.split("\n").slice(Buffer.byteLength(text) < LOGGED_BYTES ? 0 : 1);
      return readable(lines.filter((line) => !log.test(line)).join("\n")).slice(-STDERR_BYTES);
    },
    stop: () => read("stop.json", Stop),
    setStop: (stop) => write("stop.json", JSON.stringify(stop)),
    result: () => read("result.json", TurnResult),
    setResult: (result) => write("result.json", JSON.stringify(result)),
    scrub: async (redact) => {
      for (const name of ["prompt", "stdout", "stderr"]) {
        const { size } = await stat(at(name)).catch(() => ({ size: 0 }));
        if (size > SCRUBBED_BYTES) await rm(at(name), { force: true });
        else if (size > 0) await scrubFile(name);
      }

      async function scrubFile(name: string): Promise<void> {
        const text = await readFile(at(name), "utf8");
        const clean = redact(text);
        if (clean !== text) await write(name, clean);
      }
    },
    setAside: async () => {
      for (let n = 1; ; n++) {
        const aside = `${folder}.refused-${n}`;
        if (await stat(aside).catch(() => undefined)) continue;
        await rename(folder, aside);
        return rm(join(aside, "alive"), { force: true });
      }
    },
  };
}

const openLow = promisify(openFile);
const statLow = promisify(fstat);
const closeLow = promisify(close);

/**
 * The wrapper holds the FIFO open for reading as long as it lives, so that opening it for writing fails at once when it is gone:
 * no process id is asked, which could have gone to another process.
 */
async function processOf(fifo: string): Promise<TurnProcess> {
  try {
    const fd = await openLow(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    const isFifo = (await statLow(fd)).isFIFO();
    await closeLow(fd);
    return isFifo ? "alive" : "gone";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "unclaimed" : "gone";
  }
}

async function tail(file: string, bytes: number): Promise<string> {
  const handle = await open(file, "r").catch(() => undefined);
  if (!handle) return "";
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Without colours and other things for terminals. */
const readable = (text: string): string => cleanText(text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")).text.trim();
