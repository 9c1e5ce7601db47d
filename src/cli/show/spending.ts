/** What was spent: by models, personas, days, runs or phases, and in the last minutes. */
import { say } from "../../messages/say.ts";
import type { RunCosts, SpentLine, SpentStats, UsageWindow } from "../../protocol/money.ts";
import type { Paper } from "../style.ts";
import { oneLine, padded } from "../table.ts";
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

const amountOf = ({ costUsd }: SpentLine): number => Number(costUsd ?? 0);

function columns<Line extends SpentLine>(title: string, nameOf: (line: Line) => string): ColumnOf<Line>[] {
  return [
    { title, shrink: true, paint: () => "bold", text: nameOf },
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
function shares<Line extends SpentLine>(lines: readonly Line[], { columns: room }: Paper): ColumnOf<Line>[] {
  const costs = lines.some((line) => amountOf(line) > 0);
  const measure = (line: Line): number => (costs ? amountOf(line) : line.inputTokens + line.outputTokens);
  const most = Math.max(0, ...lines.map(measure));
  if (!Number.isFinite(room) || most === 0 || lines.length < 2) return [];
  const width = room >= ROOM_FOR_PARTS ? 24 : 12;
  return [{ title: "", needs: ROOM_FOR_BARS, paint: () => "cyan", text: (line) => bar(measure(line), most, width) }];
}

export function statsLines({ by, since, lines, total }: SpentStats, paper: Paper): string[] {
  if (lines.length === 0) return [say(since === undefined ? "stats.none" : "stats.none_since")];
  // Days in their order; everything else with the dearest first.
  const sorted = by === "day" ? lines : [...lines].sort(dearestFirst);
  const nameOf = ({ name }: SpentLine): string =>
    name === "" ? say("money.no_name") : by === "run" ? shortId(name) : name;
  const all = lines.length > 1 ? [...sorted, { ...total, name: "" }] : sorted;
  const named = (line: SpentLine): string =>
    line.name === "" && all.at(-1) === line && lines.length > 1 ? say("money.total") : nameOf(line);
  const title = say(`stats.${by}`);
  return [
    ...rowsTable(
      all,
      [...columns(title, named), ...shares(sorted, paper).map(notFor(all.at(-1), lines.length > 1))],
      paper,
    ),
    ...remarks(total, paper),
  ];
}

/** The sum of all has no share. */
const notFor =
  (last: SpentLine | undefined, summed: boolean) =>
  (column: ColumnOf<SpentLine>): ColumnOf<SpentLine> => ({
    ...column,
    text: (line) => (summed && line === last ? "" : column.text(line)),
  });

const dearestFirst = (one: SpentLine, other: SpentLine): number =>
  amountOf(other) - amountOf(one) || other.inputTokens - one.inputTokens;

/** What the marks beside the amounts mean, where there are any. */
function remarks({ estimatedUsd, unknown, costUsd }: SpentLine, { style, columns: room }: Paper): string[] {
  const said = [
    ...(estimatedUsd === "0" ? [] : [say("money.estimated", { amount: dollars(estimatedUsd) })]),
    ...(unknown === 0
      ? []
      : [say(costUsd === undefined ? "money.all_unknown" : "money.some_unknown", { count: unknown })]),
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
  const table = (title: string, lines: readonly SpentLine[]): string[] =>
    lines.length === 0 ? [] : ["", ...rowsTable(lines, [...columns(title, named), ...shares(lines, paper)], paper)];
  return [
    head,
    `${style.bold(sum)}${counts === "" ? "" : `  ${style.dim(counts)}`}`,
    ...(phases.length === 0 ? ["", say("costs.nothing")] : ["", ...phaseTable(phases, paper)]),
    ...table(say("stats.persona"), personas),
    ...table(say("stats.model"), models),
    ...remarks(total, paper),
    ...(unmetered.length === 0 ? [] : ["", ...silent(unmetered, paper)]),
  ];
}

const named = ({ name }: SpentLine): string => (name === "" ? say("money.no_name") : name);

function phaseTable(phases: RunCosts["phases"], paper: Paper): string[] {
  const [first, ...rest] = columns<RunCosts["phases"][number]>(say("preview.phase"), named);
  const by: ColumnOf<RunCosts["phases"][number]> = {
    title: say("preview.by"),
    shrink: true,
    paint: () => "cyan",
    text: ({ persona = "" }) => persona,
  };
  return rowsTable(phases, [...(first ? [first] : []), by, ...rest, ...shares(phases, paper)], paper);
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
  const [names, values] = [0, 1].map((at) => Math.max(...rows.map((row) => String(row[at]).length)));
  const drawn = Number.isFinite(paper.columns);
  return [
    style.bold(since),
    ...rows.map(([name, value, line]) =>
      `  ${style.dim(padded(name, names ?? 0))}  ${padded(value, values ?? 0)}  ${drawn ? style.cyan(sparkline(line)) : ""}`.trimEnd(),
    ),
    ...(drawn ? [`  ${" ".repeat((names ?? 0) + (values ?? 0) + 4)}${style.dim(scale(from, to, slots.length))}`] : []),
    ...(models.length < 2
      ? []
      : [
          "",
          ...rowsTable(
            [...models].sort(dearestFirst),
            [...columns(say("stats.model"), named), ...shares(models, paper)],
            paper,
          ),
        ]),
    ...remarks(total, paper),
  ];
}

/** When the line begins and ends, under its ends. */
function scale(from: number, to: number, width: number): string {
  const [begin, end] = [clock(from).slice(0, 5), clock(to).slice(0, 5)];
  return begin + " ".repeat(Math.max(1, width - begin.length - end.length)) + end;
}
