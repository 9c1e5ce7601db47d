/** When a limit ends, as agents print it: a date, a length of time, or a time of day. Never guessed: what is not understood is `undefined`. */

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DAY = 86_400_000;

/** Milliseconds since 1970. A time of day means its next occurrence in the machine's own zone. */
export function resetTime(text: string, now: number): number | undefined {
  return date(text) ?? span(text, now) ?? timeOfDay(text, now);
}

function date(text: string): number | undefined {
  const found = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)/u.exec(text)?.[0];
  if (found === undefined) return undefined;
  const at = Date.parse(found.replace(" ", "T"));
  return Number.isNaN(at) ? undefined : at;
}

function span(text: string, now: number): number | undefined {
  const after = /\b(?:in|after)\s+((?:(?:about\s+)?\d+(?:\.\d+)?\s*[a-z]+[\s,]*(?:and\s+)?)+)/iu.exec(text)?.[1];
  if (after === undefined) return undefined;
  let sum = 0;
  for (const [, amount = "", unit = ""] of after.matchAll(/(\d+(?:\.\d+)?)\s*(s|m|h|d)[a-z]*/giu)) {
    sum += Number(amount) * (UNIT_MS[unit.toLowerCase()] ?? 0);
  }
  return sum > 0 ? now + sum : undefined;
}

function timeOfDay(text: string, now: number): number | undefined {
  const [, hours = "", minutes = "0", half] = /\bat\s+(\d{1,2})(?::(\d\d))?\s*([ap]m)?\b/iu.exec(text) ?? [];
  if (hours === "" || (minutes === "0" && half === undefined)) return undefined;
  const noon = half === undefined ? 0 : half.toLowerCase() === "pm" ? 12 : 0;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + noon;
  if (hour > 23 || Number(minutes) > 59) return undefined;
  const at = new Date(now).setHours(hour, Number(minutes), 0, 0);
  return at > now ? at : at + DAY;
}
