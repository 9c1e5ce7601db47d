/**
 * The tools' step: the calls of the last answer, one after the other. Killed in the middle, it is gone through again from its
 * beginning; tools that have an effect know by the key of a call that they have had it.
 */

import { answerText, type ToolAnswer } from "../../../domain/tool.ts";
import { refusal } from "../../../domain/tool-refusal.ts";
import { sha256Hex } from "../../system/content-hash.ts";
import { type Agent, overBy } from "./agent.ts";
import type { Message, ToolUse } from "./conversation.ts";
import { toolQuota } from "./tally.ts";
import type { Over, TurnState, TurnUpdate } from "./turn-state.ts";

const ABOUT_CHARACTERS = 200;

interface Answered {
  ok: boolean;
  text: string;
}

const LISTEN =
  "Not yet: while you were working, a person has said something, which follows. Take it into account, then call complete again.";

export async function toolStep(state: TurnState, agent: Agent): Promise<TurnUpdate> {
  agent.taken(state.taken);
  const last = state.messages.at(-1);
  const uses = last?.role === "assistant" ? last.uses : [];
  const messages: Message[] = [];
  let delegated = state.delegated;
  const answered = ({ id, tool }: ToolUse, { ok, text }: Answered) => {
    messages.push({ role: "tool", id, tool, ok, text });
  };
  let over: Over | undefined;
  try {
    for (const use of uses) {
      if (over) {
        answered(use, { ok: false, text: "Not done: you had called complete before it." });
        continue;
      }
      checkQuota(agent, use);
      if (use.tool === "request_subagent") delegated++;
      const answer = await done(use, agent, delegated);
      if (agent.signal.aborted) {
        answered(use, answer);
        throw agent.signal.reason;
      }
      if (use.tool !== "complete" || !answer.ok) {
        answered(use, answer);
        continue;
      }
      const remarks = agent.remarks();
      answered(use, remarks.length > 0 ? { ok: false, text: LISTEN } : answer);
      if (remarks.length > 0)
        return {
          messages: [...messages, ...skipped(uses, use), ...remarks.map(said)],
          taken: remarks.map(({ key }) => key),
          delegated,
        };
      over = { kind: "completed", summary: String(use.args.summary ?? "") };
    }
  } catch (error) {
    over = overBy(error, agent.signal);
  }
  return { messages, delegated, ...(over && { over }) };
}

const said = ({ text }: { text: string }): Message => ({ role: "user", from: "person", text });

/** The calls after `complete`, when it was not the end. */
const skipped = (uses: readonly ToolUse[], complete: ToolUse): Message[] =>
  uses.slice(uses.indexOf(complete) + 1).map(({ id, tool }) => ({
    role: "tool",
    id,
    tool,
    ok: false,
    text: "Not done: you had called complete before it.",
  }));

/** `complete` is always free: who has used up everything may still say that it is finished. */
function checkQuota({ name, quotas, total, records }: Agent, { tool }: ToolUse): void {
  if (tool === "complete") return;
  const { tally } = records;
  const problem = toolQuota(total, tally.used()) ?? toolQuota(quotas, tally.used(name));
  if (problem) throw problem;
}

async function done(use: ToolUse, agent: Agent, nth: number): Promise<Answered> {
  const { tool, key: call, args } = use;
  const { name, records, transcript, toolbox, signal, redact } = agent;
  const about = toolbox.about(tool, args).slice(0, ABOUT_CHARACTERS);
  const sent = JSON.stringify(args);
  agent.doing(`${tool} ${about}`.trim());
  records.did({
    type: "tool.calling",
    call,
    agent: name,
    tool: tool.slice(0, 100),
    about,
    argsBytes: Buffer.byteLength(sent),
    argsSha256: sha256Hex(sent),
  });
  transcript.write({ agent: name, kind: "tool", tool, text: about });
  const began = performance.now();
  let thrown: { error: unknown } | undefined;
  const answer: ToolAnswer = await toolbox.use(tool, args, { call, signal, nth }).catch((error: unknown) => {
    thrown = { error };
    return refusal("tool.failed", { tool, problem: "the turn has ended" });
  });
  const text = redact(answerText(answer));
  records.did({
    type: "tool.called",
    call,
    agent: name,
    tool: tool.slice(0, 100),
    ok: answer.ok,
    ...(!answer.ok && { refused: redact(answer.reason).slice(0, ABOUT_CHARACTERS) }),
    resultBytes: Buffer.byteLength(text),
    resultSha256: sha256Hex(text),
    durationMs: Math.round(performance.now() - began),
  });
  transcript.write({ agent: name, kind: "result", tool, ok: answer.ok, text });
  if (thrown) throw (thrown as { error: unknown }).error;
  return { ok: answer.ok, text };
}
