/**
 * Recorded terminals of real agents, replayed through the observer and the judgement of a living session: no screen that was not ready
 * is ever called ready, and nine of ten labels are right, for each agent.
 */
import { describe, expect, it } from "vitest";
import type { Moment } from "../../../src/adapters/agents/replay.ts";
import { type Compared, comparedOverTime } from "../../../src/domain/labels.ts";
import { profile } from "../../support/profiles.ts";
import { RECORDINGS, type Recording, replayed } from "../../support/replay.ts";

const LEAST_RIGHT = 0.9;

const AGENTS = ["claude", "claude2", "codex", "copilot", "gemini", "opencode", "pi", "qwen"];

/** Idle, or about to be submitted: between one of these and the next label it may be ready. */
const AT_REST = ["ready", "error", "typing"];

const at = (moments: readonly Moment[], time: number) => moments.findLast((moment) => moment.at <= time);

const results = ({ labels }: Recording, moments: readonly Moment[]): Compared[] =>
  labels.map((label) => comparedOverTime(label, moments));

/** Ready somewhere between two labels that both say that it works or waits. */
const readyBetween = ({ labels }: Recording, moments: readonly Moment[]): Moment[] =>
  labels.flatMap((label, n) => {
    const next = labels[n + 1];
    if (!next || AT_REST.includes(label.state) || AT_REST.includes(next.state)) return [];
    return moments.filter((moment) => moment.state === "ready" && moment.at > label.at && moment.at < next.at);
  });

describe.each(AGENTS)("recordings of %s", (agent) => {
  const mine = RECORDINGS.filter((recording) => recording.agent === agent);

  it("never look ready when they are not, and nearly always look like what they are", async () => {
    expect(mine.length).toBeGreaterThanOrEqual(8);
    const wrong: string[] = [];
    let right = 0;
    let all = 0;
    for (const recording of mine) {
      const moments = await replayed(recording);
      expect(readyBetween(recording, moments), recording.file).toEqual([]);
      results(recording, moments).forEach((result, n) => {
        const label = recording.labels[n];
        const told = `${recording.file} ${label?.at}: ${label?.state}, said ${JSON.stringify(at(moments, label?.at ?? 0))}`;
        expect(result, told).not.toBe("false ready");
        all += 1;
        if (result === "right") right += 1;
        else wrong.push(told);
      });
      // A verdict without a reason could not be explained to anybody.
      for (const moment of moments) expect(moment.evidence.length, recording.file).toBeGreaterThan(0);
    }
    expect(right / all, wrong.join("\n")).toBeGreaterThanOrEqual(LEAST_RIGHT);
  });

  it("have labels of every kind that a run meets", () => {
    const seen = new Set(mine.flatMap(({ labels }) => labels.map(({ state }) => state)));
    for (const state of ["starting", "ready", "working"]) expect(seen).toContain(state);
  });
});

describe("Claude Code", () => {
  const newer = RECORDINGS.filter(({ agent }) => agent === "claude2");

  it("is read right although nobody could find out its version", async () => {
    for (const recording of newer) {
      const found = results(recording, await replayed(recording, profile("claude")));
      expect(new Set(found), recording.file).toEqual(new Set(["right"]));
    }
  });
});

describe("an agent that devflow has no profile for", () => {
  it("is not called ready on any screen on which it waits for a person", async () => {
    const waiting = ["permission", "trust_dialog", "login_required", "modal_other", "update_prompt"];
    for (const recording of RECORDINGS) {
      const labels = recording.labels.filter(({ state }) => waiting.includes(state));
      if (labels.length === 0) continue;
      const moments = await replayed(recording, profile("generic"));
      for (const label of labels)
        expect(at(moments, label.at)?.state, `${recording.file} ${label.at}: ${label.state}`).not.toBe("ready");
    }
  });
});
