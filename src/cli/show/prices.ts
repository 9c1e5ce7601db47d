/** Prices of models, and where they are known from. */

import type { Price, SpecialPrice } from "../../domain/price.ts";
import { perMillion } from "../../domain/price-rows.ts";
import { say } from "../../messages/say.ts";
import type { Result } from "../../protocol/methods.ts";
import type { CatalogueState } from "../../protocol/money.ts";
import type { Paper } from "../style.ts";
import { columnsOf, oneLine, padded } from "../table.ts";
import { wrap } from "../text-width.ts";
import { tokens } from "./money.ts";
import { type ColumnOf, rowsTable } from "./rows.ts";
import { ago, moment } from "./times.ts";

const ROOM_FOR_CACHE = 100;
const ROOM_FOR_SIZES = 112;

/** Of a million tokens, exact: `$3.00`, `$0.075`. */
function rate(text: string | undefined): string {
  if (text === undefined) return "";
  const [whole = "0", fraction = ""] = perMillion(text).split(".");
  return `$${whole}.${fraction.padEnd(2, "0")}`;
}

const day = (at: number): string => moment(at).slice(0, 10);
const sourceOf = ({ source, at }: Price): string =>
  source === "override" ? say("price.override") : `${say(`price.${source}`)} ${day(at)}`;

function columns<Row>(priceOf: (row: Row) => Price | undefined, isFree: (row: Row) => boolean): ColumnOf<Row>[] {
  const text =
    (read: (price: Price) => string) =>
    (row: Row): string => {
      const price = priceOf(row);
      return price ? read(price) : "";
    };
  return [
    {
      title: say("price.input"),
      align: "right",
      paint: (cell) => (cell === say("money.unknown") ? "yellow" : undefined),
      text: (row) => (isFree(row) ? say("price.free") : rate(priceOf(row)?.input) || say("money.unknown")),
    },
    { title: say("price.output"), align: "right", text: text(({ output }) => rate(output)) },
    {
      title: say("price.cache_read"),
      align: "right",
      needs: ROOM_FOR_CACHE,
      text: text(({ cacheRead }) => rate(cacheRead)),
    },
    {
      title: say("price.context"),
      align: "right",
      needs: ROOM_FOR_SIZES,
      text: text(({ contextTokens }) => (contextTokens === undefined ? "" : tokens(contextTokens))),
    },
    { title: "", text: text(({ special, discount }) => (special || discount ? "*" : "")) },
    { title: say("price.source"), paint: () => "dim", text: text(sourceOf) },
  ];
}

export function modelsLines({ models, catalogue }: Result<"model.list">, paper: Paper): string[] {
  if (models.length === 0) return [say("models.none"), "", ...catalogueLines(catalogue, paper)];
  const name: ColumnOf<Price> = {
    title: say("price.model"),
    shrink: true,
    paint: () => "bold",
    text: ({ model }) => model,
  };
  return [
    ...rowsTable(
      models,
      [
        name,
        ...columns<Price>(
          (price) => price,
          () => false,
        ),
      ],
      paper,
    ),
    "",
    ...unit(models, paper),
    ...catalogueLines(catalogue, paper),
  ];
}

export function usedPricesLines({ models, catalogue }: Result<"price.used">, paper: Paper): string[] {
  type Used = (typeof models)[number];
  const names: ColumnOf<Used>[] = [
    { title: say("price.model"), shrink: true, paint: () => "bold", text: ({ model }) => model },
    { title: say("price.personas"), shrink: true, paint: () => "cyan", text: ({ personas }) => personas.join(", ") },
  ];
  const table = rowsTable(
    models,
    [
      ...names,
      ...columns<Used>(
        ({ price }) => price,
        ({ free }) => free === true,
      ),
    ],
    paper,
  );
  const known = models.flatMap(({ price }) => price ?? []);
  return [
    ...(models.length === 0 ? [say("pricing.none_used")] : table),
    "",
    ...unit(known, paper),
    ...catalogueLines(catalogue, paper),
  ];
}

const unit = (prices: readonly Price[], { style, columns: room }: Paper): string[] => {
  if (prices.length === 0) return [];
  const starred = prices.some(({ special, discount }) => special || discount) ? ` ${say("price.star")}` : "";
  return wrap(`${say("price.unit")}${starred}`, room).map(style.dim);
};

/** One model in full; what it was asked for as, where that is another name. */
export function priceLines(asked: string, { price, catalogue }: Result<"price.show">, paper: Paper): string[] {
  const { style } = paper;
  const facts: [string, string | undefined][] = [
    [say("price.input"), rate(price.input)],
    [say("price.output"), rate(price.output)],
    [say("price.reasoning"), price.reasoning === "0" ? undefined : rate(price.reasoning)],
    [say("price.cache_read"), rate(price.cacheRead)],
    [say("price.cache_write"), rate(price.cacheWrite)],
    [say("price.cache_write_1h"), rate(price.cacheWrite1h)],
    [say("price.request"), price.request === "0" || price.request === undefined ? undefined : `$${price.request}`],
    [say("price.discount"), price.discount === undefined ? undefined : `${Number(price.discount) * 100} %`],
    [say("price.context"), price.contextTokens === undefined ? undefined : tokens(price.contextTokens)],
    [say("price.longest"), price.maxOutputTokens === undefined ? undefined : tokens(price.maxOutputTokens)],
    [say("price.source"), `${sourceOf(price)}${price.source === "catalogue" ? `  ${ago(price.at, paper.now)}` : ""}`],
  ];
  const shown = facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== "");
  const indent = Math.max(...shown.map(([name]) => columnsOf(name)));
  return [
    style.bold(oneLine(price.model)) + (price.title ? style.dim(`  ${oneLine(price.title)}`) : ""),
    ...(price.model === asked
      ? []
      : wrap(say("price.by_another_name", { asked: oneLine(asked) }), paper.columns).map(style.yellow)),
    ...shown.map(([name, value]) => `  ${style.dim(padded(name.toLowerCase(), indent))}  ${value}`),
    ...(price.special ?? []).flatMap((special) =>
      wrap(specialLine(special), paper.columns - 2).map((line) => `  ${line}`),
    ),
    "",
    style.dim(say("price.unit")),
    ...catalogueLines(catalogue, paper),
  ];
}

function specialLine({ over, from, until, days, unclear, ...rates }: SpecialPrice): string {
  const when = [
    over === undefined ? "" : say("price.over", { tokens: tokens(over) }),
    from === undefined && until === undefined
      ? ""
      : say("price.between", { from: hour(from ?? 0), until: hour(until ?? 2_400) }),
    days === undefined
      ? ""
      : say("price.days", { days: days.map((one) => say("price.weekdays").split(" ")[one] ?? "").join(" ") }),
    unclear ? say("price.unclear") : "",
  ].filter((part) => part !== "");
  const prices = [
    [say("price.input"), rates.input],
    [say("price.output"), rates.output],
    [say("price.cache_read"), rates.cacheRead],
    [say("price.cache_write"), rates.cacheWrite],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name?.toLowerCase()} ${rate(value)}`]));
  return `${when.join(", ")}: ${prices.join(", ")}`;
}

const hour = (number: number): string =>
  `${String(Math.floor(number / 100)).padStart(2, "0")}:${String(number % 100).padStart(2, "0")}`;

export function catalogueLines(
  { address, fetchedAt, stale, lastError, models, skipped }: CatalogueState,
  paper: Paper,
): string[] {
  const { style, columns: room, now } = paper;
  const at =
    fetchedAt === undefined
      ? say("catalogue.never", { address })
      : say("catalogue.fetched", { address, at: moment(fetchedAt), ago: ago(fetchedAt, now), models });
  const left =
    skipped === 0 ? "" : ` ${say(skipped === 1 ? "catalogue.skipped_one" : "catalogue.skipped", { count: skipped })}`;
  return [
    ...wrap(at + left, room).map(style.dim),
    ...(stale && fetchedAt !== undefined ? wrap(say("catalogue.stale"), room).map(style.yellow) : []),
    ...(lastError === undefined
      ? []
      : wrap(say("catalogue.error", { problem: oneLine(lastError) }), room).map(style.yellow)),
  ];
}
