/** What is known of an agent over ACP, as a verdict. */
import { Failure, failureRecord } from "../../domain/failure.ts";
import type { Asked } from "../../domain/permission.ts";
import type { AgentState, Verdict } from "../../domain/session.ts";
import type { KnownPrompt } from "./acp-journal.ts";
import type { Life } from "./acp-life.ts";
import type { AcpTurn } from "./acp-turn.ts";

export interface Known {
  closed: boolean;
  life: Life;
  /** When it last became what it is, or told something. */
  since: number;
  now: number;
  question: Asked | undefined;
  turn: AcpTurn | undefined;
  /** The prompt that was sent last. */
  last: KnownPrompt | undefined;
  /** The prompt whose refusal is over: somebody has logged in, or wants it to be tried again. */
  forgiven: string | undefined;
  /** For whoever has to log in. */
  who: { persona: string; session: string; command: string };
}

export function acpVerdict({ closed, life, since, now, question, turn, last, forgiven, who }: Known): Verdict {
  const says = (state: AgentState, said: string, more: Partial<Verdict> = {}): Verdict => ({
    state,
    evidence: [{ source: life.at === "up" ? "stream" : "process", said: said.slice(0, 500), at: since }],
    ...more,
  });
  const needsLogin = (problem: string): Partial<Verdict> => ({
    failure: failureRecord(new Failure("session.needs_login", { ...who, problem })),
  });
  if (closed) return says("exited", "it was closed");
  if (life.at === "gone") return says("exited", life.said);
  if (life.at === "starting") return says("booting", life.said);
  if (life.at === "login") return says("login_required", life.said, needsLogin(life.said));
  if (question) return says("awaiting_permission", question.text, { asks: question });
  if (turn) return says("working", turn.said() || (turn.first() === undefined ? "it has the prompt" : "it works"));
  if (!last) return says("ready", "no prompt has come yet");
  if (!last.over) return says("ready", "its turn was cut off when devflow ended");
  const { state, said, until } = last.over;
  if (state === "ready") return says("ready", said);
  if (forgiven === last.sent.key || (until !== undefined && until <= now))
    return says("ready", "it may be tried again");
  return says(state, said, {
    ...(state === "login_required" && needsLogin(said)),
    ...(until !== undefined && { until }),
  });
}
