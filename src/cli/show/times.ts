/** Times and lengths of time as people read them. */
import { say } from "../../messages/say.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (value: number): string => String(value).padStart(2, "0");

/** `0s`, `48s`, `2m 05s`, `1h 07m`, `3d 4h`: never longer than seven characters below a hundred days. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${two(Math.floor((whole % MINUTE) / SECOND))}s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)}h ${two(Math.floor((whole % HOUR) / MINUTE))}m`;
  return `${Math.floor(whole / DAY)}d ${Math.floor((whole % DAY) / HOUR)}h`;
}

/** `12:04:31`, in the local time zone. */
export function clock(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-03-01 12:04`, in the local time zone. */
export function moment(at: number): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `12s ago`, `4m ago`, `3h ago`, `2d ago`: for a glance, so in one unit. */
export function ago(at: number, now: number): string {
  const ms = Math.max(0, now - at);
  if (ms < MINUTE) return say("time.seconds_ago", { count: Math.floor(ms / SECOND) });
  if (ms < HOUR) return say("time.minutes_ago", { count: Math.floor(ms / MINUTE) });
  if (ms < DAY) return say("time.hours_ago", { count: Math.floor(ms / HOUR) });
  return say("time.days_ago", { count: Math.floor(ms / DAY) });
}
