/** How the end of a turn over ACP is judged: by the stop reason of its answer, or by its error. */
import type { AgentProfile } from "./agent-profile.ts";
import { delay } from "./recovery.ts";
import { resetTime } from "./reset-time.ts";
import { pattern } from "./screen-rule.ts";
import type { AgentState } from "./session.ts";

export type AcpProfile = NonNullable<AgentProfile["acp"]>;

/** What an agent answers instead of a result. */
export interface AcpProblem {
  code: number;
  message: string;
}

/** The protocol's own code for an agent that wants a login. */
const AUTH_REQUIRED = -32000;
/** Some pass on the status of the HTTP answer that they got. */
const UNAUTHORIZED = 401;
const TOO_MANY = 429;

const MAX_SAID = 500;

export interface TurnOver {
  state: Extract<AgentState, "ready" | "login_required" | "rate_limited">;
  said: string;
  /** When a limit ends. */
  until?: number;
}

const STOPS: Record<string, string> = {
  end_turn: "the turn is over",
  max_tokens: "the turn ended: the model's longest answer was reached",
  max_turn_requests: "the turn ended: the agent's limit of model calls was reached",
  refusal: "the turn ended: the agent refuses to go on",
  cancelled: "the turn was interrupted",
};

export const afterAnswer = (stopReason: string): TurnOver => ({
  state: "ready",
  said: STOPS[stopReason] ?? `the turn is over: ${stopReason.slice(0, MAX_SAID)}`,
});

/** `limitsBefore`: how many turns in a row before this one ended in a limit. */
export function afterProblem(acp: AcpProfile, problem: AcpProblem, at: number, limitsBefore: number): TurnOver {
  const said = problem.message.slice(0, MAX_SAID);
  const rule = acp.causes.find(({ regex }) => pattern(regex).test(problem.message));
  const state = stateOf(problem.code) ?? rule?.state;
  if (state === undefined) return { state: "ready", said: `the turn failed: ${said}` };
  if (state === "login_required") return { state, said };
  const printed = rule?.until === undefined ? undefined : pattern(rule.until).exec(problem.message)?.[1];
  const until = printed === undefined ? undefined : resetTime(printed, at);
  return { state, said, until: until ?? at + delay("backoff", limitsBefore, 0.5) };
}

function stateOf(code: number): "login_required" | "rate_limited" | undefined {
  if (code === AUTH_REQUIRED || code === UNAUTHORIZED) return "login_required";
  return code === TOO_MANY ? "rate_limited" : undefined;
}
