/** What a turn over ACP has used, out of its answer and of what the agent has told of its costs. */
import type { AcpProfile } from "../../domain/acp-turn.ts";
import { spentBetween, usageInAnswer } from "../../domain/acp-update.ts";
import { usd } from "../../domain/money.ts";
import type { Usage } from "../../domain/usage.ts";
import type { AcpJournal } from "./acp-journal.ts";

export interface Totals {
  input: number;
  output: number;
  costUsd?: string;
}

export interface Used {
  /** Of this turn alone; undefined when it is not known. */
  usage: Usage | undefined;
  totals: Totals;
}

/** `costUsd` is what the conversation had cost when it was last told. */
export function turnUsage(
  counts: AcpProfile["usage"],
  before: AcpJournal["totals"],
  answer: unknown,
  costUsd: string | undefined,
): Used {
  const told = usageInAnswer(answer);
  const total = costUsd ?? before?.costUsd;
  const spent = spentBetween(before?.costUsd, total);
  const grown = (value: number, earlier = 0) =>
    counts === "conversation" && value >= earlier ? value - earlier : value;
  const totals = {
    input: told?.inputTokens ?? before?.input ?? 0,
    output: told?.outputTokens ?? before?.output ?? 0,
    ...(total !== undefined && { costUsd: total }),
  };
  // Of a turn's last call alone nobody could tell what the turn has cost.
  if (!told || (counts === "call" && spent === undefined)) return { usage: undefined, totals };
  const usage = {
    ...told,
    inputTokens: grown(told.inputTokens, before?.input),
    outputTokens: grown(told.outputTokens, before?.output),
    ...(spent !== undefined && { costUsd: usd(spent) }),
  };
  return { usage, totals };
}
