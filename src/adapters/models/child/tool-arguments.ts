/**
 * Tool arguments as models send them: an object in a string, by rights. What means one thing only is put right; the rest is
 * left for the model to send again. Half a text is never completed: it would be written into a file as if it were whole.
 */
import { jsonOf } from "../../../domain/json-text.ts";

const FENCED = /^```(?:json)?\s*\n([\s\S]*?)\n?```$/;

/** The text of a JSON object, or `undefined`. `cut`: the answer ended at its limit, so what is missing may have been meant. */
export function repairedArguments(sent: unknown, cut: boolean): string | undefined {
  if (isObject(sent)) return JSON.stringify(sent);
  if (sent === undefined || sent === null) return cut ? undefined : "{}";
  if (typeof sent !== "string") return undefined;
  const text = sent.trim();
  if (text === "") return cut ? undefined : "{}";
  const value = jsonOf(FENCED.exec(text)?.[1] ?? text);
  if (isObject(value)) return JSON.stringify(value);
  // Encoded twice, as some providers pass it on.
  const inner = typeof value === "string" ? jsonOf(value) : undefined;
  return isObject(inner) ? JSON.stringify(inner) : undefined;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
