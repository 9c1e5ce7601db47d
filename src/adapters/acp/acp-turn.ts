/**
 * One turn over ACP while it runs: what the agent has told of it, and what of that is told on. Sizes and hashes, never contents.
 *
 * N1. A tool call is told when what it does is known, and once more when it has ended; one that never ends does so with the turn.
 * N2. A plan is told when it is another one than was told before: agents send it whole with each step.
 */
import { type Heard, mergeTool, type ToolFacts } from "../../domain/acp-update.ts";
import type { Did } from "../../domain/model-call.ts";
import { planOf, planStand } from "../../domain/plan.ts";
import type { Redact } from "../../domain/redact.ts";
import { beginning, utf8Bytes } from "../../domain/text.ts";
import type { Saying, Task } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import { sha256Hex } from "../system/content-hash.ts";

const MAX_SAID = 500;
const MAX_WORDS = 200_000;
const MAX_ABOUT = 200;
const MAX_TOOL = 100;

export interface AcpTurnDeps {
  key: string;
  /** Counts a session's turns: agents may use the id of a tool call again in the next one. */
  number: number;
  task: Task | undefined;
  clock: Clock;
  redact: Redact;
  /** The worktree: paths are told relative to it. */
  root: string;
  did(did: Did): void;
  say(saying: Saying): void;
}

export interface AcpTurn {
  readonly key: string;
  readonly task: Task | undefined;
  /** What its first sign was: the proof that the prompt was taken. */
  first(): string | undefined;
  lastSignAt(): number;
  /** What it last said or did, for people. */
  said(): string;
  /** All that it has said to whoever asked. */
  words(): string;
  /** What the conversation has cost so far, as it was last told. */
  costUsd(): string | undefined;
  hear(heard: Heard): void;
  /** It has asked for something, which is a sign too. */
  sign(what: string): void;
  /** All that is known of a tool call, with what `tool` says now. */
  toolOf(tool: ToolFacts): ToolFacts;
  finish(): void;
}

interface Call {
  facts: ToolFacts;
  since: number;
  state: "announced" | "told" | "over";
}

export function acpTurn({ key, number, task, clock, redact, root, did, say }: AcpTurnDeps): AcpTurn {
  const calls = new Map<string, Call>();
  let first: string | undefined;
  let lastSignAt = clock.steady();
  let said = "";
  let words = "";
  let spoke = true;
  /** Counts the messages: what is said after something was done is another one. */
  let messages = 0;
  let speaking = false;
  let costUsd: string | undefined;
  let plan = "";

  function sign(what: string): void {
    first ??= what;
    lastSignAt = clock.steady();
  }

  function toolOf(tool: ToolFacts): ToolFacts {
    const call = calls.get(tool.id);
    const facts = mergeTool(call?.facts, tool);
    if (call) call.facts = facts;
    else calls.set(tool.id, { facts, since: clock.steady(), state: "announced" });
    return facts;
  }

  function tell({ id }: ToolFacts): void {
    const call = calls.get(id);
    if (!call) return;
    const { facts } = call;
    const ended = facts.status === "completed" || facts.status === "failed";
    if (call.state === "announced" && (ended || facts.status === "in_progress" || facts.input !== undefined))
      calling(call);
    if (call.state === "told" && ended) called(call, facts.status === "completed", undefined);
  }

  const nameOf = ({ id, name, kind }: ToolFacts) =>
    ({
      call: `${number}/${id}`.slice(0, MAX_ABOUT),
      agent: "main",
      tool: (name ?? kind ?? "tool").slice(0, MAX_TOOL),
    }) as const;

  function calling(call: Call): void {
    call.state = "told";
    const about = aboutOf(call.facts);
    said = about;
    const args = sizeOf(call.facts.input);
    did({ type: "tool.calling", ...nameOf(call.facts), about, argsBytes: args.bytes, argsSha256: args.sha256 });
  }

  function called(call: Call, ok: boolean, refused: string | undefined): void {
    call.state = "over";
    const result = sizeOf(call.facts.output);
    did({
      type: "tool.called",
      ...nameOf(call.facts),
      ok,
      ...(refused !== undefined && { refused }),
      resultBytes: result.bytes,
      resultSha256: result.sha256,
      durationMs: clock.steady() - call.since,
    });
    delete call.facts.input; // a turn may have thousands of them
    delete call.facts.output;
  }

  function aboutOf({ paths, command, title }: ToolFacts): string {
    const path = paths[0]?.startsWith(`${root}/`) ? paths[0].slice(root.length + 1) : paths[0];
    const line = command === undefined ? (path ?? title ?? "") : [command].flat().join(" ");
    return short(line);
  }

  const short = (text: string): string =>
    beginning(redact(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")), MAX_ABOUT);

  function planned(entries: unknown): void {
    const told = planOf(entries, short);
    const { done: over, count, now } = planStand(told);
    said = `a plan of ${count} steps, ${over} done${now === "" ? "" : `: ${now}`}`;
    if (JSON.stringify(told) === plan) return;
    plan = JSON.stringify(told);
    did({ type: "plan.told", agent: "main", ...told });
  }

  function speak(text: string, last: boolean): void {
    if (!speaking && last) return;
    if (!speaking) messages += 1;
    speaking = !last;
    say({ message: `${key}/${messages}`, text, last });
  }

  return {
    key,
    task,
    first: () => first,
    lastSignAt: () => lastSignAt,
    said: () => said,
    words: () => words,
    costUsd: () => costUsd,
    sign,
    toolOf: (tool) => {
      const facts = toolOf(tool);
      const call = calls.get(tool.id);
      if (call?.state === "announced") calling(call);
      return facts;
    },
    hear: (heard) => {
      if (heard.kind === "aside") return;
      sign(heard.kind);
      // What is said after something was done is a paragraph of its own.
      if (heard.kind === "said") words = (words + (spoke || words === "" ? "" : "\n\n") + heard.text).slice(-MAX_WORDS);
      spoke = heard.kind === "said";
      if (heard.kind === "said") speak(heard.text, false);
      else speak("", true);
      if (heard.kind === "tool") tell(toolOf(heard.tool));
      else if (heard.kind === "said") said = (said + heard.text).slice(-MAX_SAID);
      else if (heard.kind === "plan") planned(heard.entries);
      else if (heard.kind === "usage") costUsd = heard.costUsd ?? costUsd;
    },
    finish: () => {
      speak("", true);
      for (const call of calls.values()) {
        if (call.state === "announced") calling(call);
        if (call.state === "told") called(call, false, "the turn ended before it did");
      }
    },
  };
}

function sizeOf(value: unknown): { bytes: number; sha256: string } {
  const text = value === undefined ? "" : JSON.stringify(value);
  return { bytes: utf8Bytes(text), sha256: sha256Hex(text) };
}
