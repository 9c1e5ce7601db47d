/** Reads one JSON event of a headless agent by the rules of its profile. */
import type { HeadlessEvents } from "./agent-profile.ts";

export interface HeadlessNews {
  session?: string;
  text?: string;
  failed?: string;
  usage?: { inputTokens: number; outputTokens: number; cachedTokens: number; costUsd?: number; count: "last" | "sum" };
}

const at = (event: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), event);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const holds = (event: unknown, where: Readonly<Record<string, string>>): boolean =>
  Object.entries(where).every(([path, text]) => at(event, path) === text);

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** What the event says; an empty object when it says nothing that devflow wants. */
export function readEvent(rules: HeadlessEvents, event: unknown): HeadlessNews {
  const text = (rule: { where: Record<string, string>; at: string } | undefined): string | undefined => {
    if (rule === undefined || !holds(event, rule.where)) return undefined;
    const value = at(event, rule.at);
    return typeof value === "string" ? value : value === undefined ? undefined : JSON.stringify(value);
  };
  const news: HeadlessNews = {};
  const session = text(rules.session);
  const said = text(rules.text);
  const failure = rules.failed.find((rule) => holds(event, rule.where));
  const failed = failure && (text(failure) ?? "the turn failed, without a reason");
  if (session !== undefined) news.session = session;
  if (said !== undefined) news.text = said;
  if (failed !== undefined) news.failed = failed;
  const { usage } = rules;
  if (usage && holds(event, usage.where)) {
    const cost = usage.cost === undefined ? undefined : at(event, usage.cost);
    news.usage = {
      inputTokens: number(at(event, usage.input)),
      outputTokens: number(at(event, usage.output)),
      cachedTokens: usage.cached === undefined ? 0 : number(at(event, usage.cached)),
      ...(typeof cost === "number" ? { costUsd: cost } : {}),
      count: usage.count,
    };
  }
  return news;
}
