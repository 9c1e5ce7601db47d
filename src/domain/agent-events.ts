/** Reads one JSON event of a headless agent by the rules of its profile. */
import type { EventRule, HeadlessEvents } from "./agent-profile.ts";
import { hasTexts, valueAt } from "./json-path.ts";
import { usdFromJson } from "./money.ts";
import { pattern } from "./screen-rule.ts";
import { tokenCount, type Usage, usageOf } from "./usage.ts";
import type { UsageRule } from "./usage-rule.ts";

export interface HeadlessNews {
  session?: string;
  text?: string;
  failed?: string;
  /** The failure that was told before is none any more. */
  recovered?: true;
  usage?: { told: Usage; count: "last" | "sum" };
}

/** Whether a rule fits the event: its texts are there, and its value reads as it should. */
const fits = (event: unknown, { where, at: path, matches }: EventRule): boolean =>
  hasTexts(event, where) && (matches === undefined || pattern(matches).test(String(valueAt(event, path) ?? "")));

/** What the event says; an empty object when it says nothing that devflow wants. */
export function readEvent(rules: HeadlessEvents, event: unknown): HeadlessNews {
  const text = (rule: EventRule | undefined): string | undefined => {
    if (rule === undefined || !fits(event, rule)) return undefined;
    const value = valueAt(event, rule.at);
    return typeof value === "string" ? value : value === undefined ? undefined : JSON.stringify(value);
  };
  const news: HeadlessNews = {};
  const session = text(rules.session);
  const said = text(rules.text);
  const failure = rules.failed.find((rule) => fits(event, rule));
  const failed = failure && (text(failure) ?? "the turn failed, without a reason");
  if (session !== undefined) news.session = session;
  if (said !== undefined) news.text = said;
  if (failed !== undefined) news.failed = failed;
  if (rules.recovered.some((rule) => fits(event, rule))) news.recovered = true;
  const { usage } = rules;
  const told = usage && hasTexts(event, usage.where) ? usageIn(usage, event) : undefined;
  if (usage && told) news.usage = { told, count: usage.count };
  return news;
}

/** `undefined` when the event has neither count: an agent whose events have changed is not metered as free. */
export function usageIn(rule: UsageRule, event: unknown): Usage | undefined {
  const number = (path: string | undefined): number | undefined => {
    const value = path === undefined ? undefined : valueAt(event, path);
    return typeof value === "number" ? tokenCount(Math.round(value)) : undefined;
  };
  const [input, output] = [number(rule.input), number(rule.output)];
  if (input === undefined && output === undefined) return undefined;

  const parts = { cached: number(rule.cached), cacheWrite: number(rule.cacheWrite), reasoning: number(rule.reasoning) };
  const beside = (part: keyof typeof parts): number => (rule.beside.includes(part) ? (parts[part] ?? 0) : 0);
  const cost = rule.cost === undefined ? undefined : usdFromJson(valueAt(event, rule.cost));
  return usageOf({
    ...parts,
    input: (input ?? 0) + beside("cached") + beside("cacheWrite"),
    output: (output ?? 0) + beside("reasoning"),
    costUsd: cost === "0" && rule.zeroCost === "unknown" ? undefined : cost,
  });
}
