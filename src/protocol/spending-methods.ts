/** Methods about money: prices, what was spent, limits. */
import { z } from "zod";
import { Limit, Policy, ScopeKind } from "../domain/budget.ts";
import { Usd } from "../domain/money.ts";
import { Price } from "../domain/price.ts";
import { CatalogueState, RunCosts, SpentStats, UsageWindow } from "./money.ts";
import { By, Empty, type Method, RunRef } from "./refs.ts";

/** Thirty days: what is older is for `spending.stats`. */
export const MAX_WINDOW_MINUTES = 30 * 24 * 60;

/** A scope of spending as it stands: amounts are exact. */
export const ScopeNow = z.strictObject({
  scope: ScopeKind,
  name: z.string().describe("The run's id, the day, or persona/day"),
  limitUsd: Usd.optional(),
  policy: Policy.optional(),
  bookedUsd: Usd,
  reservedUsd: Usd.describe("The worst that the calls under way can come to"),
  leftUsd: z.string().optional().describe("What neither is booked nor reserved; below 0 when the limit was passed"),
});
export type ScopeNow = z.infer<typeof ScopeNow>;

const LimitSet = z.strictObject({
  scope: ScopeKind,
  name: z
    .string()
    .optional()
    .describe("The run or the persona; absent: each day, or each persona that has none of its own"),
  limit: Limit.optional().describe("Absent: it was taken away, and the setting counts again"),
});

export const SPENDING_METHODS = {
  "price.show": {
    summary: "What a model costs, by the name that it is called by",
    params: z.strictObject({ model: z.string().min(1).max(200) }),
    result: z.strictObject({ price: Price, catalogue: CatalogueState }),
  },
  "price.used": {
    summary: "The prices of the models that personas name or that were called before",
    params: z.strictObject({ repo: z.string().optional().describe("Whose own personas count too") }),
    result: z.strictObject({
      models: z.array(
        z.strictObject({
          model: z.string(),
          personas: z.array(z.string()),
          calls: z.int(),
          free: z.literal(true).optional().describe("Whoever serves it to these personas takes no money"),
          price: Price.optional().describe("Absent: not known, or free"),
        }),
      ),
      catalogue: CatalogueState,
    }),
  },
  "model.list": {
    summary: "Every model that has a price; with `refresh` the catalogue is fetched first",
    params: z.strictObject({ search: z.string().max(200).optional(), refresh: z.boolean().default(false) }),
    result: z.strictObject({ models: z.array(Price), catalogue: CatalogueState }),
  },
  "spending.stats": {
    summary: "What was spent, summed up",
    params: z.strictObject({
      by: SpentStats.shape.by,
      since: z.number().optional().describe("Milliseconds since 1970"),
    }),
    result: SpentStats,
  },
  "spending.run": {
    summary: "What one run has cost",
    params: z.strictObject({ run: RunRef }),
    result: RunCosts,
  },
  "usage.window": {
    summary: "Tokens and money of the last minutes",
    params: z.strictObject({ minutes: z.int().min(1).max(MAX_WINDOW_MINUTES).default(60) }),
    result: UsageWindow,
  },
  "usage.reset": {
    summary: "Begin the count of `usage.window` anew; the books stay as they are",
    params: Empty,
    result: z.strictObject({ at: z.number() }),
  },
  "budget.show": {
    summary: "What was spent and is reserved in each scope, against its limit",
    params: z.strictObject({ run: RunRef.optional().describe("This run instead of those that are active") }),
    result: z.strictObject({
      day: z.string(),
      scopes: z.array(ScopeNow),
      limits: z.array(LimitSet).describe("As people have set them; what the settings say is in none of these"),
    }),
  },
  "budget.set": {
    summary: "Limit what a run, each day, or each day of a persona may cost",
    params: z.strictObject({
      scope: ScopeKind,
      name: z.string().min(1).max(100).optional().describe("The run, or the persona with or without its version"),
      usd: Usd.or(z.literal("none")).describe("none takes the limit away: the setting counts again"),
      policy: Policy.optional().describe("As it was, or as the setting says, when left out"),
      repo: z.string().optional().describe("Whose own personas may be meant too"),
      by: By,
    }),
    result: LimitSet,
  },
} as const satisfies Record<string, Method>;
