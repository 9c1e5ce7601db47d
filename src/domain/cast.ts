/** A recorded terminal, as an asciicast v2 file: a header, then one event a line, each so many seconds after the start. */
import { z } from "zod";
import { Failure } from "./failure.ts";
import { jsonOf } from "./json-text.ts";

const Header = z.object({ version: z.literal(2), width: z.int().min(1).max(1_000), height: z.int().min(1).max(1_000) });
const Event = z.tuple([z.number().min(0), z.string(), z.string()]);

/** `o`: the program wrote; `i`: somebody typed; `r`: another size, as COLSxROWS; `m`: a mark with a text. Others are kept out. */
export type CastKind = "o" | "i" | "r" | "m";

export interface CastEvent {
  /** Milliseconds from the start. */
  at: number;
  kind: CastKind;
  data: string;
}

export interface Cast {
  cols: number;
  rows: number;
  events: readonly CastEvent[];
}

const KINDS: readonly string[] = ["o", "i", "r", "m"];

/** Throws `cast.invalid` with the line. A last line that was cut by a crash is left out. */
export function readCast(file: string, text: string): Cast {
  const lines = text.split("\n");
  const whole = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  const head = Header.safeParse(jsonOf(whole[0] ?? ""));
  if (!head.success)
    throw new Failure("cast.invalid", {
      where: `${file}:1`,
      problem: "its first line is not the header of an asciicast v2 file",
    });
  const events: CastEvent[] = [];
  let last = 0;
  for (const [at, line] of whole.entries()) {
    if (at === 0 || line.trim() === "") continue;
    const event = Event.safeParse(jsonOf(line));
    if (!event.success && at === lines.length - 1) break;
    if (!event.success)
      throw new Failure("cast.invalid", { where: `${file}:${at + 1}`, problem: "it is not [seconds, kind, text]" });
    const [seconds, kind, data] = event.data;
    last = Math.max(last, Math.round(seconds * 1_000));
    if (KINDS.includes(kind)) events.push({ at: last, kind: kind as CastKind, data });
  }
  return { cols: head.data.width, rows: head.data.height, events };
}
