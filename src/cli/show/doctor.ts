/** What devflow doctor found: one line each, what to do under it, and how many there were. */
import { isKey, say } from "../../messages/say.ts";
import type { Examined, Level } from "../doctor/check.ts";
import type { Paper, Tone } from "../style.ts";
import { columnsOf, oneLine, padded } from "../table.ts";
import { wrap } from "../text-width.ts";

// biome-ignore format: read by column
const MARKS: Record<Level, { mark: string; tone: Tone }> = {
  ok:   { mark: "✓", tone: "green" },
  warn: { mark: "!", tone: "yellow" },
  fail: { mark: "✗", tone: "red" },
};

function nameOf(check: string): string {
  const key = `check.${check}`;
  return isKey(key) ? say(key) : check.replaceAll("_", " ");
}

export function doctorLines({ checks }: { checks: readonly Examined[] }, paper: Paper): string[] {
  const { style, columns } = paper;
  const indent = Math.max(...checks.map(({ check }) => columnsOf(nameOf(check)))) + 4;
  const room = Math.max(20, columns - indent);
  const lines = checks.flatMap(({ check, level, said, todo, fixed, fixable }, at) => {
    const { mark, tone } = MARKS[fixed ? "ok" : level];
    const name = checks[at - 1]?.check === check ? "" : nameOf(check);
    const [first = "", ...more] = wrap(oneLine(fixed ? say("doctor.fixed", { said }) : said), room);
    const under =
      fixed || todo === undefined
        ? []
        : wrap(`→ ${oneLine(todo)}${fixable ? ` (${say("doctor.fixable")})` : ""}`, room);
    const margin = " ".repeat(indent);
    return [
      `${style[tone](mark)} ${style.bold(padded(name, indent - 4))}  ${first}`,
      ...more.map((line) => margin + line),
      ...under.map((line) => margin + style.dim(line)),
    ];
  });
  const count = (level: Level) => checks.filter((one) => one.level === level && !one.fixed).length;
  const counts = { ok: checks.length - count("warn") - count("fail"), warn: count("warn"), fail: count("fail") };
  return [...lines, "", say("doctor.sum", counts)];
}
