/**
 * The journal of calls that change something: an intent before, the answer after, one small file a call.
 *
 * J1. A call is known by its id, its tool and its arguments. With an answer on record, that answer is given and nothing runs.
 * J2. An intent without an answer was interrupted: `again` decides what that means, never `run`.
 * J3. An intent is on the disk before anything is done. A lost answer only makes a call an interrupted one.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { systemProblem } from "../../../domain/system-problem.ts";
import type { ToolAnswer } from "../../../domain/tool.ts";
import { REFUSALS, type RefusalCode, refusal } from "../../../domain/tool-refusal.ts";
import { errorCode, writeWhole } from "../../system/whole-file.ts";

export interface Effect {
  /** Kept with the intent, for `again`. */
  note: string | undefined;
  run(): Promise<ToolAnswer>;
  again(note: string | undefined): Promise<ToolAnswer>;
}

export interface CallJournal {
  once(key: string, tool: string, effect: Effect): Promise<ToolAnswer>;
}

const isRefusalCode = (code: string): code is RefusalCode => Object.hasOwn(REFUSALS, code);

const Answer = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    text: z.string(),
    cut: z.boolean().exactOptional(),
    exitCode: z.number().nullable().exactOptional(),
  }),
  z.object({
    ok: z.literal(false),
    code: z.custom<RefusalCode>((code) => typeof code === "string" && isRefusalCode(code)),
    reason: z.string(),
    text: z.string().exactOptional(),
  }),
]);
const Entry = z.object({ note: z.string().exactOptional(), answer: Answer.exactOptional() });
type Entry = z.infer<typeof Entry>;

export const callKey = (call: string, tool: string, args: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify([call, tool, args]))
    .digest("hex");

export function callJournal(folder: string): CallJournal {
  const underWay = new Map<string, Promise<ToolAnswer>>();

  async function once(key: string, tool: string, effect: Effect): Promise<ToolAnswer> {
    const path = join(folder, `${key.slice(0, 40)}.json`);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const before = entryAt(path);
      if (before?.answer) return before.answer;
      if (before) return await settled(path, before.note, await effect.again(before.note));
      const { note } = effect;
      await writeWhole(path, JSON.stringify(note === undefined ? {} : { note }), { durable: true });
    } catch (error) {
      return refusal("tool.failed", { tool, problem: `it could not be noted (${systemProblem(error)})` });
    }
    return settled(path, effect.note, await effect.run());
  }

  return {
    once(key, tool, effect) {
      const known = underWay.get(key);
      if (known) return known;
      const answer = once(key, tool, effect).finally(() => underWay.delete(key));
      underWay.set(key, answer);
      return answer;
    },
  };
}

/** J3. */
async function settled(path: string, note: string | undefined, answer: ToolAnswer): Promise<ToolAnswer> {
  const entry: Entry = note === undefined ? { answer } : { note, answer };
  await writeWhole(path, JSON.stringify(entry), { flush: false }).catch(() => undefined);
  return answer;
}

/** A damaged entry is an intent of which nothing is known. */
function entryAt(path: string): Entry | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    return Entry.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
