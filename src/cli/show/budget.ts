/** Budgets as a table, and on a terminal with a bar for each limit. A column that would be empty is left out. */
import { ceilDivide, parseUsd } from "../../domain/money.ts";
import { say } from "../../messages/say.ts";
import type { Result } from "../../protocol/methods.ts";
import type { ScopeNow } from "../../protocol/spending-methods.ts";
import type { Paper } from "../style.ts";
import { wrapWords } from "../text-width.ts";
import { shortId } from "./ids.ts";
import { dollars } from "./money.ts";
import { type ColumnOf, rowsTable } from "./rows.ts";

const BAR_COLUMNS = 12;
/** Narrower than this, a table has no room for bars. */
const ROOM_FOR_BARS = 90;

export function budgetLines({ scopes }: Result<"budget.show">, paper: Paper): string[] {
  const onTerminal = paper.look.width !== undefined;
  const limited = scopes.some(({ limitUsd }) => limitUsd !== undefined);
  const underWay = scopes.some(({ reservedUsd }) => parseUsd(reservedUsd) !== 0n);
  const lines = rowsTable(
    scopes,
    [
      { title: say("table.scope"), text: ({ scope }) => say(`scope.${scope}`) },
      { title: say("table.name"), shrink: true, paint: () => "bold", text: nameOf },
      ...only(limited, {
        title: say("table.limit"),
        align: "right",
        text: ({ limitUsd }) => (limitUsd === undefined ? "" : dollars(limitUsd)),
      }),
      { title: say("table.booked"), align: "right", text: ({ bookedUsd }) => dollars(bookedUsd) },
      ...only(underWay, {
        title: say("table.reserved"),
        align: "right",
        paint: () => "dim",
        text: ({ reservedUsd }) => dollars(reservedUsd),
      }),
      ...only(limited, {
        title: say("table.left"),
        align: "right",
        paint: (text) => (text.startsWith("-") || text === "$0" ? "red" : undefined),
        text: ({ leftUsd }) => (leftUsd === undefined ? "" : leftOf(leftUsd)),
      }),
      ...only(limited && onTerminal, { title: "", needs: ROOM_FOR_BARS, paint: () => "cyan", text: barOf }),
      ...only(limited, {
        title: say("table.policy"),
        paint: () => "dim",
        text: ({ policy }) => (policy ? say(`policy.${policy}`) : ""),
      }),
    ],
    paper,
  );
  if (limited) return lines;
  return [...lines, "", ...wrapWords(say("budget.no_limit"), paper.columns).map(paper.style.dim)];
}

const only = (wanted: boolean, column: ColumnOf<ScopeNow>): ColumnOf<ScopeNow>[] => (wanted ? [column] : []);

const nameOf = ({ scope, name }: ScopeNow): string => {
  if (scope === "run") return shortId(name);
  return scope === "persona-day" ? name.slice(0, name.lastIndexOf("/")) : name;
};

/** Below nothing, when a limit was passed. */
const leftOf = (text: string): string => (text.startsWith("-") ? `-${dollars(text.slice(1))}` : dollars(text));

function barOf({ limitUsd, bookedUsd, reservedUsd }: ScopeNow): string {
  if (limitUsd === undefined) return "";
  const [limit, booked, reserved] = [limitUsd, bookedUsd, reservedUsd].map((text) => parseUsd(text) ?? 0n);
  return spentBar(limit ?? 0n, booked ?? 0n, reserved ?? 0n, BAR_COLUMNS);
}

/** How much of a limit is gone, as a bar: `██▓░`: booked, reserved, left. */
function spentBar(limit: bigint, booked: bigint, reserved: bigint, columns: number): string {
  const cells = (amount: bigint): number => {
    if (limit <= 0n) return amount > 0n ? columns : 0;
    return Math.min(columns, Number(ceilDivide(amount * BigInt(columns), limit)));
  };
  const full = cells(booked);
  const held = Math.max(0, cells(booked + reserved) - full);
  return "█".repeat(full) + "▓".repeat(held) + "░".repeat(Math.max(0, columns - full - held));
}
