/** Shapes of prices, of what was spent and of what is expected, as they travel. Money is a decimal number of US dollars, exact, as text. */
import { z } from "zod";
import { Policy, ScopeKind } from "../domain/budget.ts";
import { Usd } from "../domain/money.ts";
import { RunView } from "../domain/view.ts";

const Tokens = z.int().nonnegative();

export const CatalogueState = z.strictObject({
  address: z.string().describe("Where the catalogue is fetched from"),
  fetchedAt: z.number().optional(),
  stale: z.boolean().describe("Never fetched, or older than two intervals: prices may have changed since"),
  lastError: z.string().optional().describe("Why the last fetch went wrong; absent after a good one"),
  models: z.int().describe("With a price in the catalogue"),
  skipped: z.int().describe("Its rows without a price that can be understood"),
});
export type CatalogueState = z.infer<typeof CatalogueState>;

/** One line of a sum. */
export const SpentLine = z.strictObject({
  name: z.string(),
  calls: z.int().describe("Calls of models, and reports of agents"),
  inputTokens: Tokens,
  outputTokens: Tokens,
  cachedTokens: Tokens,
  cacheWriteTokens: Tokens,
  reasoningTokens: Tokens,
  costUsd: Usd.optional().describe("All that is known of it; absent when nothing is"),
  estimatedUsd: Usd.describe("The part of it that devflow worked out itself, from a price and the tokens"),
  unknown: z.int().describe("Calls whose cost is not known: they are in no sum"),
});
export type SpentLine = z.infer<typeof SpentLine>;

export const RunCosts = z.strictObject({
  run: z.string(),
  template: z.string(),
  status: RunView.shape.status,
  total: SpentLine,
  phases: z.array(
    SpentLine.extend({
      persona: z.string().optional(),
      unmetered: z.boolean().describe("An agent worked on it that reports nothing"),
    }),
  ),
  personas: z.array(SpentLine),
  models: z.array(SpentLine),
  unmetered: z
    .array(z.strictObject({ session: z.string(), persona: z.string(), adapter: z.string() }))
    .describe("Agents that reported nothing: what they used is not known, and is in no sum"),
});
export type RunCosts = z.infer<typeof RunCosts>;

export const SpentStats = z.strictObject({
  by: z.enum(["model", "persona", "day", "run"]),
  since: z.number().optional(),
  lines: z.array(SpentLine),
  total: SpentLine,
});
export type SpentStats = z.infer<typeof SpentStats>;

export const UsageWindow = z.strictObject({
  from: z.number(),
  to: z.number(),
  resetAt: z.number().optional().describe("When the count was last begun anew"),
  slots: z.array(SpentLine).describe("Equal parts of the time, the oldest first; each is named by its beginning"),
  total: SpentLine,
  models: z.array(SpentLine),
});
export type UsageWindow = z.infer<typeof UsageWindow>;

const TokenRange = z.strictObject({ low: Tokens, likely: Tokens, high: Tokens });
const UsdRange = z.strictObject({ low: Usd, likely: Usd, high: Usd });

export const CostEstimate = z.strictObject({
  phases: z.array(
    z.strictObject({
      phase: z.string(),
      persona: z.string().optional(),
      model: z.string().optional(),
      basis: z
        .enum(["past", "default", "command", "unmetered", "untried"])
        .describe(
          "past: runs of this template; default: devflow's own guess; command: no agent; unmetered: its agent, in a terminal, has reported nothing yet; untried: an agent without a terminal that has no past run",
        ),
      runs: z.int().describe("How many past runs it rests on"),
      inputTokens: TokenRange.optional().describe("Absent: not known"),
      outputTokens: TokenRange.optional(),
      costUsd: UsdRange.optional().describe("Absent: not known"),
      price: z.strictObject({ model: z.string(), source: z.string(), at: z.number() }).optional(),
    }),
  ),
  total: z.strictObject({
    inputTokens: TokenRange,
    outputTokens: TokenRange,
    costUsd: UsdRange,
    unknownTokens: z.int().describe("Phases whose tokens are in no sum"),
    unknownCost: z.int().describe("Phases whose cost is in no sum"),
  }),
  catalogue: CatalogueState,
  budgets: z.array(
    z.strictObject({
      scope: ScopeKind,
      name: z.string(),
      limitUsd: Usd,
      usedUsd: Usd.describe("Booked and reserved"),
      policy: Policy,
      outlook: z
        .enum(["enough", "may_cross", "will_cross", "no_price"])
        .describe("enough: as far as is known; no_price: a model in it has no price, so that nobody can tell"),
      heldUsd: Usd.optional().describe(
        "At least this much is reserved for the dearest call while it is made; it has to fit in too",
      ),
    }),
  ),
});
export type CostEstimate = z.infer<typeof CostEstimate>;
