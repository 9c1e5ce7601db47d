/** Ranges of versions, as in `>=2.1.300 <3`: every part must hold. Compared by their numbers; what follows a `-` or `+` does not count. */
import { z } from "zod";

const PART = /^(>=|<=|<|>|=)(\d+(?:\.\d+)*)$/;

export const VersionRange = z
  .string()
  .max(100)
  .refine((range) => range.split(" ").every((part) => PART.test(part)), "write a range as in >=2.1.300 <3");

const numbers = (version: string): number[] => (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? "").split(".").map(Number);

function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const HOLDS: Record<string, (difference: number) => boolean> = {
  ">=": (difference) => difference >= 0,
  "<=": (difference) => difference <= 0,
  ">": (difference) => difference > 0,
  "<": (difference) => difference < 0,
  "=": (difference) => difference === 0,
};

export const inRange = (range: string, version: string): boolean =>
  range.split(" ").every((part) => {
    const [, sign = "", bound = ""] = PART.exec(part) ?? [];
    return HOLDS[sign]?.(compare(version, bound)) ?? false;
  });
