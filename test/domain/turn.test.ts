import { describe, expect, test } from "vitest";
import type { Look } from "../../src/domain/artifact.ts";
import { FINISH_MS, type Moment, SETTLED_MS, turn } from "../../src/domain/turn.ts";

const good: Look = { kind: "good", accepted: { sha256: "a".repeat(64), bytes: 2, satisfied: true } };
const bad: Look = { kind: "bad", violations: [], sha256: undefined, parses: true };
const broken: Look = { ...bad, parses: false };
const stale = (rewritten: boolean): Look => ({ kind: "stale", rewritten });
const absent: Look = { kind: "absent" };
const unfinished: Look = { kind: "unfinished", problem: "its end is missing" };

const moment = (more: Partial<Moment>): Moment => ({
  look: absent,
  agent: "working",
  finishes: false,
  failed: false,
  limited: false,
  quietMs: 0,
  unchangedMs: 0,
  patienceMs: 20_000,
  backoffMs: 30_000,
  stallMs: 300_000,
  reactsMs: 0,
  ...more,
});

describe("waiting for an artifact", () => {
  test.each([
    ["a failing provider is given time", { agent: "ready", helps: "later", quietMs: 29_999 }, "wait"],
    ["and then the agent is told to go on", { agent: "ready", helps: "later", quietMs: 30_000 }, "backoff"],
    ["a full context needs a fresh session at once", { agent: "ready", helps: "fresh" }, "fresh"],
    ["one that repeats itself is interrupted", { agent: "working", helps: "interrupt" }, "interrupt"],
    ["but not again before it had time to react", { agent: "working", helps: "interrupt", reactsMs: 1 }, "wait"],
    ["a good artifact ends the wait, even while the agent works", { look: good }, "good"],
    ["a good artifact counts, even from an agent that has ended", { look: good, agent: "exited" }, "good"],
    ["a bad artifact waits while its agent may still mend it", { look: bad }, "wait"],
    ["a bad artifact counts once the turn is over", { look: bad, agent: "ready" }, "bad"],
    ["what does not parse may be half of something", { look: broken, agent: "ready", unchangedMs: 100 }, "wait"],
    ["what does not parse and stays the same is bad", { look: broken, agent: "ready", unchangedMs: SETTLED_MS }, "bad"],
    ["a bad artifact of an agent that has ended is bad", { look: bad, agent: "exited" }, "bad"],
    ["what an agent that has ended left half written is none", { look: broken, agent: "exited" }, "lost"],
    ["what was refused and is still there is no answer", { look: stale(false), agent: "ready" }, "wait"],
    ["what was refused and is written again is bad once more", { look: stale(true), agent: "ready" }, "bad"],
    ["but only once the turn is over", { look: stale(true) }, "wait"],
    ["an agent that ended without an artifact is lost", { agent: "exited" }, "lost"],
    ["an idle agent is given time", { agent: "ready", quietMs: 19_999 }, "wait"],
    ["an idle agent without an artifact is nudged", { agent: "ready", quietMs: 20_000 }, "nudge"],
    ["an agent that works is waited for", { quietMs: 299_999 }, "wait"],
    ["an agent that works without a sign of life is interrupted", { quietMs: 300_000 }, "interrupt"],
    ["an agent with limits of its own is not", { quietMs: 1e9, stallMs: Number.POSITIVE_INFINITY }, "wait"],
    ["of an unknown agent nothing is concluded", { agent: "unknown", quietMs: 1e9 }, "wait"],
    ["an agent at a dialog is waited for", { agent: "awaiting_permission", quietMs: 1e9 }, "wait"],
    ["an agent at its limit is waited for", { agent: "rate_limited", limited: true, quietMs: 1e9 }, "wait"],
    ["an agent whose limit is over is told to go on at once", { agent: "ready", limited: true }, "backoff"],
    ["one that says when it is done may say so", { look: good, finishes: true }, "wait"],
    ["but not for ever", { look: good, finishes: true, unchangedMs: FINISH_MS }, "good"],
    ["also when it comes up again", { look: good, finishes: true, agent: "booting" }, "wait"],
    ["and for as long as a person holds it", { look: good, finishes: true, agent: "awaiting_input" }, "wait"],
    ["but not while its account is parked", { look: good, finishes: true, agent: "rate_limited" }, "good"],
    ["a turn that was ended for good fails its phase", { agent: "ready", failed: true }, "failed"],
    ["what it has left unsatisfying does not save it", { look: bad, agent: "ready", failed: true }, "failed"],
    ["what it has left good does", { look: good, agent: "ready", failed: true }, "good"],
    ["what it wrote last is read first", { look: unfinished, agent: "ready", failed: true }, "wait"],
    [
      "what it never finished is not waited for long",
      { look: unfinished, agent: "ready", failed: true, unchangedMs: SETTLED_MS },
      "failed",
    ],
    ["while a person is asked nothing has failed", { agent: "awaiting_input", failed: true, quietMs: 1e9 }, "wait"],
  ] as const)("%s", (_, more, kind) => {
    expect(turn(moment(more)).kind).toBe(kind);
  });
});
