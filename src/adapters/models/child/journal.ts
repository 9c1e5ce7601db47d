/**
 * The journal: what the session has asked for, sent, settled and done, line by line as it happens. A process that was killed
 * loses nothing of it: the next one reads it, settles what is open, and tells the rest again under the same numbers.
 */
import { closeSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import type { ModelCall } from "../../../domain/model-call.ts";
import { errorCode } from "../../system/whole-file.ts";
import type { FromChild } from "../session-protocol.ts";

type Settle = Extract<FromChild, { t: "settle" }>;
export type CallEnd = Settle["end"];
export type Did = Extract<FromChild, { t: "did" }>["did"];

/** What is known of a call before it is made. */
export type Asked = Pick<ModelCall, "call" | "agent" | "model" | "requestBytes" | "requestSha256" | "phase"> & {
  attempt: string;
};

type Line =
  | { t: "asked"; at: number; asked: Asked }
  | { t: "sent"; call: string }
  | { t: "settled"; call: string; end: CallEnd }
  | { t: "confirmed"; call: string }
  /** `workedMs`: how long the attempt had worked by then. */
  | { t: "did"; attempt: string; workedMs: number; did: Did };

export interface OpenCall {
  asked: Asked;
  at: number;
  sent: boolean;
}

export interface Done {
  attempt: string;
  workedMs: number;
  did: Did;
}

export interface Journal {
  /** From first to newest; the number of one is its place, from 1. */
  readonly done: readonly Done[];
  /** Calls that were asked for and have no end. */
  open(): OpenCall[];
  /** Calls that have an end that nobody has confirmed. */
  unconfirmed(): { call: string; end: CallEnd }[];
  /** Whether this was done about this call: it is not told twice. */
  knows(type: Did["type"], call: string): boolean;
  asked(asked: Asked): void;
  sent(call: string): void;
  settled(call: string, end: CallEnd): void;
  confirmed(call: string): void;
  /** Answers with its number. */
  did(done: Done): number;
  close(): void;
}

export function openJournal(path: string): Journal {
  const open = new Map<string, OpenCall>();
  const unconfirmed = new Map<string, CallEnd>();
  const done: Done[] = [];
  const known = new Set<string>();

  function take(line: Line): void {
    if (line.t === "asked") open.set(line.asked.call, { asked: line.asked, at: line.at, sent: false });
    if (line.t === "sent") {
      const call = open.get(line.call);
      if (call) call.sent = true;
    }
    if (line.t === "settled") {
      open.delete(line.call);
      unconfirmed.set(line.call, line.end);
    }
    if (line.t === "confirmed") unconfirmed.delete(line.call);
    if (line.t === "did") {
      done.push({ attempt: line.attempt, workedMs: line.workedMs, did: line.did });
      known.add(`${line.did.type} ${line.did.call}`);
    }
  }

  for (const line of wholeLines(path)) take(JSON.parse(line) as Line);
  const file = openSync(path, "a", 0o600);
  const write = (line: Line): void => {
    writeSync(file, `${JSON.stringify(line)}\n`);
    take(line);
  };

  return {
    done,
    open: () => [...open.values()],
    unconfirmed: () => [...unconfirmed].map(([call, end]) => ({ call, end })),
    knows: (type, call) => known.has(`${type} ${call}`),
    asked: (asked) => write({ t: "asked", at: Date.now(), asked }),
    sent: (call) => write({ t: "sent", call }),
    settled: (call, end) => write({ t: "settled", call, end }),
    confirmed: (call) => {
      if (unconfirmed.has(call)) write({ t: "confirmed", call });
    },
    did(entry) {
      write({ t: "did", ...entry });
      return done.length;
    },
    close: () => closeSync(file),
  };
}

/** A line that a killed process has left half is taken away: what it told of was not yet told to anybody. */
function wholeLines(path: string): string[] {
  try {
    const text = readFileSync(path, "utf8");
    const end = text.lastIndexOf("\n") + 1;
    if (end < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)));
    return text.slice(0, end).split("\n").slice(0, -1);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
