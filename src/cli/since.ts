/** `--since` as people type it: so long ago, or a day. */
import { Failure } from "../domain/failure.ts";
import { say } from "../messages/say.ts";

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** In milliseconds since 1970; a day begins at midnight, local time. */
export function sinceTime(typed: string, now: number): number {
  const [, count, unit = ""] = /^(\d{1,5})([mhdw])$/.exec(typed) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? 0);
  const day = /^\d{4}-\d{2}-\d{2}$/.test(typed) ? new Date(`${typed}T00:00:00`).getTime() : Number.NaN;
  if (!Number.isNaN(day)) return day;
  throw new Failure("usage.invalid", {
    problem: say("typed.since", { typed }),
  });
}

/** `--window`: minutes, as a length of time. */
export function windowMinutes(typed: string, most: number): number {
  const [, count, unit = ""] = /^(\d{1,5})([mhd])$/.exec(typed) ?? [];
  const minutes = (Number(count ?? Number.NaN) * (UNIT_MS[unit] ?? 0)) / 60_000;
  if (minutes >= 1 && minutes <= most) return minutes;
  throw new Failure("usage.invalid", {
    problem: say("typed.window", { days: most / 1_440, typed }),
  });
}
