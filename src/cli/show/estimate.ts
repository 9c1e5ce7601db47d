/** What a run is expected to use and cost, under its preview. */
import { say } from "../../messages/say.ts";
import type { CostEstimate } from "../../protocol/money.ts";
import type { Paper } from "../style.ts";
import { wrap } from "../text-width.ts";
import { dollarRange, dollars, tokenRange } from "./money.ts";
import { type ColumnOf, rowsTable } from "./rows.ts";
import { moment } from "./times.ts";

type Phase = CostEstimate["phases"][number];

const ROOM_FOR_MODEL = 100;

/** Nothing where no agent is at work at all; a sentence where nothing is known of any. */
export function estimateLines(estimate: CostEstimate, paper: Paper): string[] {
  const phases = estimate.phases.filter(({ basis }) => basis !== "command");
  if (phases.length === 0) return [];
  const known = estimate.total.unknownTokens < phases.length;
  return [
    ...(known ? [...phaseTable(phases, estimate.total, paper), ""] : []),
    ...note(totalText(estimate.total, phases.length), paper),
    ...note(pricesText(phases), paper),
    ...estimate.budgets.flatMap((budget) => budgetLines(budget, paper)),
  ];
}

function phaseTable(phases: readonly Phase[], total: CostEstimate["total"], paper: Paper): string[] {
  const columns: ColumnOf<Phase>[] = [
    { title: say("preview.phase"), paint: () => "bold", text: ({ phase }) => phase },
    {
      title: say("stats.model"),
      shrink: true,
      needs: ROOM_FOR_MODEL,
      paint: () => "cyan",
      text: ({ model }) => model ?? say("money.no_model"),
    },
    {
      title: say("money.input"),
      align: "right",
      text: ({ inputTokens }) => (inputTokens ? tokenRange(inputTokens.low, inputTokens.high) : say("money.unknown")),
    },
    {
      title: say("money.output"),
      align: "right",
      text: ({ outputTokens }) =>
        outputTokens ? tokenRange(outputTokens.low, outputTokens.high) : say("money.unknown"),
    },
    {
      title: say("money.cost"),
      align: "right",
      paint: (cell) => (cell === say("money.unknown") ? "yellow" : undefined),
      text: ({ costUsd }) => (costUsd ? dollarRange(costUsd.low, costUsd.high) : say("money.unknown")),
    },
    { title: say("estimate.basis"), shrink: true, paint: () => "dim", text: basisText },
  ];
  const sum: Phase = { phase: say("money.total"), basis: "past", runs: 0, model: "", ...sums(total, phases.length) };
  return rowsTable(phases.length > 1 ? [...phases, sum] : phases, columns, paper);
}

/** A sum of nothing that is known is not known. */
const sums = ({ inputTokens, outputTokens, costUsd, unknownCost }: CostEstimate["total"], phases: number) => ({
  inputTokens,
  outputTokens,
  ...(unknownCost < phases && { costUsd }),
});

function basisText({ basis, runs, model }: Phase): string {
  if (basis === "past") return runs === 0 ? "" : say(runs === 1 ? "estimate.past_one" : "estimate.past", { runs });
  if (basis === "default") return say("estimate.default");
  return say(basis === "untried" ? "estimate.untried" : "estimate.unmetered", { model: model ?? "" });
}

function totalText({ costUsd, unknownCost }: CostEstimate["total"], phases: number): string {
  if (unknownCost === phases) return say("estimate.all_unknown");
  const likely = say("estimate.likely", {
    amount: dollars(rounded(costUsd.likely)),
    range: dollarRange(costUsd.low, costUsd.high),
  });
  return unknownCost === 0
    ? likely
    : `${likely} ${say(unknownCost === 1 ? "estimate.one_unknown" : "estimate.some_unknown", { count: unknownCost })}`;
}

const rounded = (text: string): string => (Number(text) < 0.01 ? text : Number(text).toFixed(2));

function pricesText(phases: readonly Phase[]): string {
  const known = phases.flatMap(({ price }) => price ?? []);
  if (known.length === 0) return "";
  const sources = known.map(({ source, at }) =>
    source === "override"
      ? say("price.override")
      : `${say(source === "shipped" ? "price.shipped" : "price.catalogue")} ${moment(at).slice(0, 10)}`,
  );
  return say("estimate.prices", { sources: [...new Set(sources)].join(", ") });
}

const note = (text: string, { style, columns }: Paper): string[] =>
  text === "" ? [] : wrap(text, columns).map(style.dim);

function budgetLines(
  { scope, name, limitUsd, usedUsd, policy, outlook, heldUsd }: CostEstimate["budgets"][number],
  { style, columns }: Paper,
): string[] {
  const what =
    scope === "run"
      ? say("estimate.budget_run")
      : scope === "day"
        ? say("estimate.budget_day", { name })
        : say("estimate.budget_persona", { name: name.slice(0, name.lastIndexOf("/")) });
  const stands = say("estimate.budget", { what, limit: dollars(limitUsd), used: dollars(usedUsd) });
  if (outlook === "enough") return wrap(`${stands} ${say("estimate.enough")}`, columns).map(style.dim);
  const then = say(
    policy === "block" ? "estimate.then_block" : policy === "prompt" ? "estimate.then_prompt" : "estimate.then_warn",
  );
  const line =
    outlook === "no_price"
      ? say("estimate.no_price")
      : `${say(outlook === "will_cross" ? "estimate.will_cross" : "estimate.may_cross")} ${then}${heldText(heldUsd)}`;
  return wrap(`${stands} ${line}`, columns).map(outlook === "will_cross" ? style.red : style.yellow);
}

/** Why a limit may be in the way of a run that is expected to cost less. */
const heldText = (heldUsd: string | undefined): string =>
  heldUsd === undefined ? "" : ` ${say("estimate.held", { amount: dollars(heldUsd) })}`;
