/** What was spent: by models, personas, days, runs or phases, and in the last minutes. */
import { say } from "../../messages/say.ts";
import type { RunCosts, SpentLine, SpentStats, UsageWindow } from "../../protocol/money.ts";
import type { Paper } from "../style.ts";
import { columnsOf, oneLine, padded } from "../table.ts";
import { wrap } from "../text-width.ts";
import { bar, sparkline } from "./bars.ts";
import { shortId } from "./ids.ts";
import { runWord } from "./marks.ts";
import { costOf, dollars, tokens } from "./money.ts";
import { type ColumnOf, rowsTable } from "./rows.ts";
import { clock, duration, moment } from "./times.ts";

/** Narrower than this, a table has no room for what was cached and thought too. */
const ROOM_FOR_PARTS = 100;
const ROOM_FOR_BARS = 72;

/** A line of a table under the name that people know it by. The sum of all the others has no share of its own. */
type Row = SpentLine & { label: string; isSum?: true };

const amountOf = ({ costUsd }: SpentLine): number => Number(costUsd ?? 0);

function columns(title: string): ColumnOf<Row>[] {
  return [
    { title, shrink: true, paint: () => "bold", text: ({ label }) => label },
    { title: say("money.calls"), align: "right", text: ({ calls }) => (calls === 0 ? "" : String(calls)) },
    { title: say("money.input"), align: "right", text: (line) => counted(line, line.inputTokens) },
    { title: say("money.cached"), align: "right", needs: ROOM_FOR_PARTS, text: (line) => part(line.cachedTokens) },
    { title: say("money.output"), align: "right", text: (line) => counted(line, line.outputTokens) },
    { title: say("money.thought"), align: "right", needs: ROOM_FOR_PARTS, text: (line) => part(line.reasoningTokens) },
    {
      title: say("money.cost"),
      align: "right",
      paint: (cell) => (cell === say("money.unknown") ? "yellow" : undefined),
      text: costOf,
    },
  ];
}

const counted = (line: SpentLine, count: number): string =>
  line.calls === 0 && line.costUsd === undefined ? say("money.unknown") : tokens(count);
const part = (count: number): string => (count === 0 ? "" : tokens(count));

/** The share of each line, by cost; by tokens where nothing is known of any cost. */
function shares(rows: readonly Row[], { columns: room }: Paper): ColumnOf<Row>[] {
  const lines = rows.filter(({ isSum }) => !isSum);
  const costs = lines.some((line) => amountOf(line) > 0);
  const measure = (line: SpentLine): number => (costs ? amountOf(line) : line.inputTokens + line.outputTokens);
  const most = Math.max(0, ...lines.map(measure));
  if (!Number.isFinite(room) || most === 0 || lines.length < 2) return [];
  const width = room >= ROOM_FOR_PARTS ? 24 : 12;
  const text = (row: Row): string => (row.isSum ? "" : bar(measure(row), most, width));
  return [{ title: "", needs: ROOM_FOR_BARS, paint: () => "cyan", text }];
}

const spentTable = (title: string, rows: readonly Row[], paper: Paper): string[] =>
  rowsTable(rows, [...columns(title), ...shares(rows, paper)], paper);

type By = SpentStats["by"] | "phase";

const labelled = (by: By, lines: readonly SpentLine[]): Row[] =>
  lines.map((line) => ({ ...line, label: by === "run" ? shortId(line.name) : line.name || say(`money.no_${by}`) }));

/** Days in their order; everything else with the dearest first. */
export function statsLines({ by, since, lines, total }: SpentStats, paper: Paper): string[] {
  if (lines.length === 0) return [say(since === undefined ? "stats.none" : "stats.none_since")];
  const rows = labelled(by, by === "day" ? lines : [...lines].sort(dearestFirst));
  const sum: Row = { ...total, label: say("money.total"), isSum: true };
  return [...spentTable(say(`stats.${by}`), rows.length > 1 ? [...rows, sum] : rows, paper), ...remarks(total, paper)];
}

const dearestFirst = (one: SpentLine, other: SpentLine): number =>
  amountOf(other) - amountOf(one) || other.inputTokens - one.inputTokens;

/** What the marks beside the amounts mean, where there are any. */
function remarks({ estimatedUsd, unknown, costUsd }: SpentLine, { style, columns: room }: Paper): string[] {
  const said = [
    ...(estimatedUsd === "0" ? [] : [say("money.estimated", { amount: dollars(estimatedUsd) })]),
    ...(unknown === 0
      ? []
      : [
          say(
            costUsd === undefined ? "money.all_unknown" : unknown === 1 ? "money.one_unknown" : "money.some_unknown",
            { count: unknown },
          ),
        ]),
  ];
  return said.length === 0 ? [] : ["", ...said.flatMap((text) => wrap(text, room)).map(style.dim)];
}

export function costsLines(costs: RunCosts, paper: Paper): string[] {
  const { style } = paper;
  const { run, template, status, total, phases, personas, models, unmetered } = costs;
  const head = `${style.bold(oneLine(template))}  ${style.bold(shortId(run))}  ${runWord(status)}`;
  const sum =
    total.costUsd === undefined
      ? say("money.unknown")
      : `${total.unknown + unmetered.length > 0 ? "≥ " : ""}$${total.costUsd}`;
  const counts =
    total.calls === 0
      ? ""
      : say("costs.tokens", {
          input: tokens(total.inputTokens),
          output: tokens(total.outputTokens),
          calls: total.calls,
        });
  const table = (by: "persona" | "model", lines: readonly SpentLine[]): string[] =>
    lines.length === 0 ? [] : ["", ...spentTable(say(`stats.${by}`), labelled(by, lines), paper)];
  return [
    head,
    `${style.bold(sum)}${counts === "" ? "" : `  ${style.dim(counts)}`}`,
    ...(phases.length === 0 ? ["", say("costs.nothing")] : ["", ...phaseTable(phases, paper)]),
    ...table("persona", personas),
    ...table("model", models),
    ...remarks(total, paper),
    ...(unmetered.length === 0 ? [] : ["", ...silent(unmetered, paper)]),
  ];
}

function phaseTable(phases: RunCosts["phases"], paper: Paper): string[] {
  const people = new Map(phases.map(({ name, persona }) => [name, persona ?? ""]));
  const rows = labelled("phase", phases);
  const [phase, ...rest] = columns(say("preview.phase"));
  const by: ColumnOf<Row> = {
    title: say("preview.by"),
    shrink: true,
    paint: () => "cyan",
    text: ({ name }) => people.get(name) ?? "",
  };
  return rowsTable(rows, [...(phase ? [phase] : []), by, ...rest, ...shares(rows, paper)], paper);
}

const silent = (unmetered: RunCosts["unmetered"], { style, columns: room }: Paper): string[] => {
  const who = [...new Set(unmetered.map(({ persona }) => persona))].join(", ");
  return wrap(say("costs.unmetered", { who }), room).map(style.yellow);
};

export function usageLines(usage: UsageWindow, paper: Paper): string[] {
  const { style } = paper;
  const { from, to, resetAt, slots, total, models } = usage;
  const since =
    resetAt === from
      ? say("usage.since_reset", { at: moment(from) })
      : say("usage.last", { time: duration(to - from) });
  if (total.calls === 0) return [style.bold(since), say("usage.nothing")];
  const rows: [string, string, number[]][] = [
    [say("money.cost").toLowerCase(), costOf(total), slots.map(amountOf)],
    [
      say("usage.tokens"),
      `${tokens(total.inputTokens)} + ${tokens(total.outputTokens)}`,
      slots.map((slot) => slot.inputTokens + slot.outputTokens),
    ],
    [say("money.calls").toLowerCase(), String(total.calls), slots.map(({ calls }) => calls)],
  ];
  const [names, values] = [0, 1].map((at) => Math.max(...rows.map((row) => columnsOf(String(row[at])))));
  const drawn = Number.isFinite(paper.columns);
  const room = paper.columns - (names ?? 0) - (values ?? 0) - 6;
  const points = Math.max(1, Math.min(slots.length, room));
  return [
    style.bold(since),
    ...rows.map(([name, value, line]) =>
      `  ${style.dim(padded(name, names ?? 0))}  ${padded(value, values ?? 0)}  ${drawn ? style.cyan(sparkline(joined(line, points))) : ""}`.trimEnd(),
    ),
    ...(drawn ? [`  ${" ".repeat((names ?? 0) + (values ?? 0) + 4)}${style.dim(scale(from, to, points))}`] : []),
    ...(models.length < 2
      ? []
      : ["", ...spentTable(say("stats.model"), labelled("model", [...models].sort(dearestFirst)), paper)]),
    ...remarks(total, paper),
  ];
}

/** As many values as there is room for, neighbours added up. */
function joined(values: readonly number[], points: number): number[] {
  const sums = Array.from({ length: points }, () => 0);
  for (const [at, value] of values.entries()) {
    const point = Math.floor((at * points) / values.length);
    sums[point] = (sums[point] ?? 0) + value;
  }
  return sums;
}

/** When the line begins and ends, under its ends. */
function scale(from: number, to: number, width: number): string {
  const [begin, end] = [clock(from).slice(0, 5), clock(to).slice(0, 5)];
  return begin + " ".repeat(Math.max(1, width - begin.length - end.length)) + end;
}
