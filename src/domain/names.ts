/** How definitions are named: `spec-and-review@1` is version 1 of `spec-and-review`. */
import { z } from "zod";

const SLUG = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

export const Slug = z
  .string()
  .max(64)
  .regex(SLUG, "use lower-case letters, digits and single dashes, starting with a letter");

/** A reference to a definition: with a version it means that one, without the newest. */
export const Reference = z
  .string()
  .max(80)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:@[1-9][0-9]*)?$/, "use NAME or NAME@VERSION, as in spec-and-review@1");

export const Version = z
  .int()
  .positive()
  .describe("Raise it when the meaning changes; runs keep what they started with");

export const referenceOf = ({ name, version }: { name: string; version: number }): string => `${name}@${version}`;

export const parseReference = (reference: string): { name: string; version: number | undefined } => {
  const [name = "", version] = reference.split("@");
  return { name, version: version === undefined ? undefined : Number(version) };
};

const DURATION = /^(\d+)(ms|s|m|h|d)$/;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time as people write it: `90s`, `30m`, `2h`, `7d`. */
export const Duration = z.string().regex(DURATION, "use a number and a unit: 90s, 30m, 2h, 7d");

export const milliseconds = (duration: string): number => {
  const [, amount = "0", unit = "ms"] = DURATION.exec(duration) ?? [];
  return Number(amount) * (UNIT_MS[unit] ?? 1);
};
