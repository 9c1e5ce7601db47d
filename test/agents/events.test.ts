/** Real agents that tell what they do by their event streams, beside their terminals: opencode's own server, the file that Qwen Code writes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type AgentStage, agentStage, TURN } from "../support/agent-stage.ts";
import { chosenAgents } from "../support/chosen-agents.ts";
import { hasTmux } from "../support/has-tmux.ts";
import { profile } from "../support/profiles.ts";
import { realAgent } from "../support/real-agents.ts";

/** With downloading the first time, in milliseconds. */
const RUN = 900_000;

let stage: AgentStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
}, 300_000);

const streaming = chosenAgents.flatMap((name) =>
  name !== "claude-newer" && profile(name).events !== undefined ? [name] : [],
);

describe.runIf(hasTmux && streaming.length > 0).each(streaming)("the real %s", (name) => {
  test("tells by its events that it works, asks, and has its answer", { timeout: RUN }, async () => {
    const on = await agentStage(await realAgent(name), "terminal");
    stage = on;
    /** What the stream has said in verdicts of a state, from now on. */
    const says = (state: string, words: string) =>
      vi.waitFor(
        () => {
          const { state: now, evidence } = on.session.verdict();
          expect(now).toBe(state);
          expect(evidence.filter(({ source }) => source === "stream").map(({ said }) => said)).toContainEqual(
            expect.stringContaining(words),
          );
        },
        { timeout: TURN, interval: 25 },
      );
    await on.becomes("ready");
    // The stream stands by the time that something is done: nothing else is waited for.
    on.model.become("is silent");
    await on.deliver(on.prompt("Say hello."));
    await says("working", name === "opencode" ? "session.status busy" : "user");
    on.model.become("answers");
    await on.becomes("ready");
    on.model.become("runs a command");
    await on.deliver(on.prompt("Run it."));
    await says(
      "awaiting_permission",
      name === "opencode" ? "permission.asked: bash" : "can_use_tool: run_shell_command",
    );
    on.model.become("answers");
    const { digest } = (await on.session.asked?.()) ?? {};
    expect(await on.session.permit?.("no", "deny", digest ?? "", AbortSignal.timeout(TURN))).toBe("answered");
    await on.becomes("ready");
  });

  test.runIf(profile(name).events?.server)(
    "has a server that only this machine reaches, with a password",
    async () => {
      const on = await agentStage(await realAgent(name), "terminal");
      stage = on;
      await on.becomes("ready");
      const { port, password } = JSON.parse(readFileSync(join(on.hooks, "server.json"), "utf8"));
      const status = async (authorization?: string) =>
        (await fetch(`http://127.0.0.1:${port}/session`, { headers: authorization ? { authorization } : {} })).status;
      const basic = (word: string) => `Basic ${Buffer.from(`opencode:${word}`).toString("base64")}`;
      expect([await status(), await status(basic("wrong")), await status(basic(password))]).toEqual([401, 401, 200]);
      const listeners = readFileSync("/proc/net/tcp", "utf8").split("\n");
      const hex = port.toString(16).toUpperCase().padStart(4, "0");
      const at = listeners.flatMap((line) => / (\w{8}):(\w{4}) 0{8}:0{4} 0A /.exec(line)?.slice(1, 3).join(":") ?? []);
      expect(at.filter((one) => one.endsWith(`:${hex}`))).toEqual([`0100007F:${hex}`]);
    },
    RUN,
  );
});
