/** Going on with a conversation: which session does, what it is told, and how the conversation is known. */
import { describe, expect, test } from "vitest";
import { Conversations, isConversationId, listed, textAt, writtenMark } from "../../src/domain/conversation.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import { fold } from "../../src/domain/run-evolve.ts";
import { nextSteps } from "../../src/domain/run-next.ts";
import { continuable } from "../../src/domain/run-sessions.ts";
import { opened, phaseStarted, prompted, running, session, template } from "../support/made.ts";

const made = template({ specify: {} });
const begun = running(made, phaseStarted("specify"), ...opened("specify"));
const told = [...begun, ...prompted("specify")];
const gone = (id = session()): RunEvent => ({
  ...{ type: "session.changed", session: id, from: "working", to: "lost", cause: "crashed", evidence: [] },
});
const restart = (used: number): RunEvent => ({
  ...{ type: "session.recovery", session: session(), counter: "restart", cause: "crashed", used, phase: "specify" },
});
const next = (continues: boolean, conversation: string | undefined): RunEvent[] => [
  {
    ...{ type: "session.opening", session: session("B"), role: "specify", persona: "fake-specify@1", adapter: "fake" },
    ...(continues && { continues: session() }),
  },
  {
    ...{ type: "session.opened", session: session("B"), host: "process", key: "k" },
    ...(conversation !== undefined && { conversation }),
  },
];
const purposes = (events: readonly RunEvent[]) =>
  nextSteps(fold(events)).flatMap((step) => (step.kind === "prompt" ? [step.purpose] : []));
const wentOnWith = (events: readonly RunEvent[]) => continuable(fold(events), "specify");

describe("a session goes on with the conversation of the one before it", () => {
  test("when that one was told something and is gone", () => {
    expect(wentOnWith([...told, gone(), restart(1)])).toBe(session());
    expect(wentOnWith([...told, gone(), restart(2)])).toBe(session());
  });

  test("but not of one that lives, was told nothing, or did not take its prompt", () => {
    expect(wentOnWith(told)).toBeUndefined();
    expect(wentOnWith([...begun, gone()])).toBeUndefined();
    const [sending] = prompted("specify");
    expect(wentOnWith([...begun, ...(sending ? [sending] : []), gone()])).toBeUndefined();
  });

  test("nor where the conversation may be what ends it: it is full, it came to nothing, or this is the last try", () => {
    const full: RunEvent = { type: "session.troubled", session: session(), kind: "context_full", said: "it is full" };
    expect(wentOnWith([...told, full, gone(), restart(1)])).toBeUndefined();
    expect(wentOnWith([...told, gone(), ...next(true, "c"), gone(session("B"))])).toBeUndefined();
    expect(wentOnWith([...told, gone(), restart(3)])).toBeUndefined();
  });
});

describe("what a session is told", () => {
  test("that goes on with a conversation: to go on, for it has the prompt already", () => {
    expect(purposes([...told, gone(), ...next(true, "c")])).toEqual(["continue"]);
  });

  test("whose agent did not find the conversation: the whole work", () => {
    expect(purposes([...told, gone(), ...next(true, undefined)])).toEqual(["work"]);
    expect(purposes([...told, gone(), ...next(false, undefined)])).toEqual(["work"]);
  });

  test("that goes on, where the one before was never shown to have taken the prompt: the whole work", () => {
    const [sending] = prompted("specify", 2);
    const twice = [...told, ...(sending ? [sending] : []), gone(), ...next(true, "c")];
    expect(purposes(twice)).toEqual(["work"]);
  });

  test("that goes on after its artifact was refused: to repair it, for it knows which", () => {
    const refused: RunEvent = { type: "artifact.refused", phase: "specify", attempt: 1, violations: [] };
    expect(purposes([...told, refused, gone(), ...next(true, "c")])).toEqual(["repair"]);
    expect(purposes([...told, refused, gone(), ...next(false, undefined)])).toEqual(["work"]);
  });
});

describe("a conversation is known", () => {
  test("by a mark that is looked for as JSON has it", () => {
    const mark = "Phase: a\nRun: b";
    expect(JSON.stringify({ text: `x\n${mark}\n"y"` })).toContain(writtenMark(mark));
  });

  test("among those that an agent lists, by its folder", () => {
    const list = { args: ["list"], id: "id", cwd: "at.cwd" };
    const said = [{ id: "one", at: { cwd: "/w" } }, { id: "two", at: { cwd: "/other" } }, { id: 3 }, "four"];
    expect(listed(list, said, "/w")).toEqual(["one"]);
    expect(listed({ args: ["list"], id: "id" }, said, "/w")).toEqual(["one", "two"]);
    expect(listed(list, { not: "a list" }, "/w")).toEqual([]);
    expect(textAt({ a: { b: "c" } }, "a.b")).toBe("c");
  });

  test("by an id that no program takes for anything else", () => {
    expect(["ses_01ab", "0f0e-1d", "a.b:c"].map(isConversationId)).toEqual([true, true, true]);
    expect(["--yes", "-x", "a b", "", "a/b", "$(x)", "a\nb"].map(isConversationId)).toEqual(Array(7).fill(false));
  });

  test("by a profile that says where its id is, once", () => {
    expect(Conversations.safeParse({ id: "x(.*)" }).success).toBe(true);
    expect(Conversations.safeParse({ homes: {} }).success).toBe(false);
    expect(Conversations.safeParse({ id: "x(.*)", idAt: "a.b" }).success).toBe(false);
  });
});
