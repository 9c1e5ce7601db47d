/** Rules over what stands on an agent's screen: where to look, and what must or must not be there. Data in `agents/*.yaml`. */
import { z } from "zod";

/** What a rule may look at. The terminal port's screen has this shape and more. */
export interface ScreenView {
  rows: readonly string[];
  cursor: { row: number; col: number; visible: boolean };
  title: string;
  /** How wide it is, where that is known. */
  cols?: number;
}

const compiled = new Map<string, RegExp>();

/** The pattern as a regular expression; the same object each time. */
export function pattern(source: string): RegExp {
  const known = compiled.get(source);
  if (known) return known;
  const fresh = new RegExp(source, "u");
  compiled.set(source, fresh);
  return fresh;
}

const compiles = (source: string): boolean => {
  try {
    return pattern(source) instanceof RegExp;
  } catch {
    return false;
  }
};

export const Pattern = z
  .string()
  .min(1)
  .max(500)
  .refine(compiles, "this is not a regular expression (with the u flag)");

export const Matcher = z.union([
  z.strictObject({ contains: z.string().min(1).max(200) }),
  z.strictObject({ regex: Pattern }),
]);
export type Matcher = z.infer<typeof Matcher>;

export const ScreenRule = z
  .strictObject({
    last: z
      .int()
      .positive()
      .optional()
      .describe("Look at the last N rows, counted up from the last row that is not blank"),
    around: z.int().min(0).optional().describe("Look at the cursor's row and N rows on each side of it"),
    from: Pattern.optional().describe("Look from the last row that has this to the end"),
    back: z.int().positive().optional().describe("With from: and at N rows above it"),
    all: z.array(Matcher).max(10).default([]).describe("Each of these is in some row"),
    any: z.array(Matcher).max(20).default([]).describe("At least one of these is in some row"),
    not: z.array(Matcher).max(10).default([]).describe("None of these is in any row"),
  })
  .refine(
    ({ last, around, from }) => [last, around, from].filter((one) => one !== undefined).length === 1,
    "give one of from, last and around",
  )
  .refine((rule) => rule.all.length + rule.any.length > 0, "give at least one matcher in all or any")
  .describe("A part of the screen, never all of it: an agent's answer may quote anything");
export type ScreenRule = z.infer<typeof ScreenRule>;

/** The rows that the rule looks at. */
export function region(rule: ScreenRule, { rows, cursor }: ScreenView): readonly string[] {
  if (rule.around !== undefined) return rows.slice(Math.max(0, cursor.row - rule.around), cursor.row + rule.around + 1);
  if (rule.from !== undefined) {
    const mark = pattern(rule.from);
    const start = rows.findLastIndex((row) => mark.test(row));
    return start < 0 ? [] : rows.slice(Math.max(0, start - (rule.back ?? 0)));
  }
  const end = rows.findLastIndex((row) => row.trim() !== "") + 1;
  return rows.slice(Math.max(0, end - (rule.last ?? 0)), end);
}

const hit = (matcher: Matcher, row: string): boolean =>
  "contains" in matcher ? row.includes(matcher.contains) : pattern(matcher.regex).test(row);

/** The row that makes the rule true, or `undefined` when it is not true. */
export function matches(rule: ScreenRule, screen: ScreenView): string | undefined {
  const rows = region(rule, screen);
  const find = (matcher: Matcher) => rows.find((row) => hit(matcher, row));
  if (rule.not.some((matcher) => find(matcher) !== undefined)) return undefined;
  const all = rule.all.map(find);
  if (all.includes(undefined)) return undefined;
  const any = rule.any.map(find).find((row) => row !== undefined);
  if (rule.any.length > 0 && any === undefined) return undefined;
  return (any ?? all[0])?.trim();
}
