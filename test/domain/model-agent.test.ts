/** What a subagent gets of its parent's limits and tools. */
import { describe, expect, it } from "vitest";
import { type AgentUse, ModelAgent, subagentLimits } from "../../src/domain/model-agent.ts";

const parent = ModelAgent.parse({
  tools: ["read_file", "run_command", "request_subagent", "complete"],
  limits: { maxTurns: 20, maxTokensTotal: 100_000, maxToolCalls: 30, wallTime: "10m", maxOutputTokens: 4_000 },
});
const used: AgentUse = { turns: 5, tokens: 40_000, toolCalls: 10, wallMs: 60_000 };

describe("a subagent", () => {
  it("gets the rest of its parent's limits, less the turn in which the parent reads its answer", () => {
    expect(subagentLimits(parent, used, {})).toEqual({
      ok: true,
      limits: { maxTurns: 14, maxTokensTotal: 60_000, maxToolCalls: 20, maxOutputTokens: 4_000, wallTime: "540000ms" },
      tools: ["read_file", "run_command", "complete"],
    });
  });

  it("gets what is asked for, where there is that much", () => {
    const grant = subagentLimits(parent, used, {
      maxTurns: 3,
      maxTokensTotal: 900_000,
      tools: ["read_file", "write_file"],
    });
    expect(grant).toMatchObject({ limits: { maxTurns: 3, maxTokensTotal: 60_000 }, tools: ["read_file"] });
  });

  it.each([
    ["turns", { turns: 19 }],
    ["tokens", { tokens: 99_500 }],
    ["tool calls", { toolCalls: 30 }],
    ["time", { wallMs: 600_000 }],
  ])("is refused when no %s are left", (what, more) => {
    const grant = subagentLimits(parent, { ...used, ...more }, {});
    expect(grant).toMatchObject({ ok: false, problem: expect.stringContaining(what) });
  });
});
