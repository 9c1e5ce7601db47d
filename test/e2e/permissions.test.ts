/** Agents that ask permission, in real terminals: answered by their persona's lists, from the command line, or in the pane. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasTmux } from "../support/has-tmux.ts";
import { begin, type LiveRun, typeAt } from "../support/live-run.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { type World, world } from "../support/world.ts";

const HOSTS = hasTmux ? (["tmux", "pty"] as const) : (["pty"] as const);

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

interface Shown {
  id: string;
  answers: string[];
  failure: { details: Record<string, string> };
}

const ask = (...commands: string[]): unknown => ({
  phases: { work: [...commands.map((command) => ({ permission: { command } })), { write: "whole" }] },
});

async function start(host: "tmux" | "pty", scenario: unknown, permissions?: unknown): Promise<[World, LiveRun]> {
  const w = world({ host, scenario });
  here = w;
  addTemplate(w, "line", { work: {} });
  const who = { capabilities: ["implement"], adapter: "terminal", agent: "paper", family: "paper" };
  addPersona(w, "careful", { ...who, ...(permissions !== undefined && { permissions }) });
  return [w, await begin(w, "line", "--goal", "x", "--bind", "work=careful")];
}

const open = async (w: World): Promise<Shown[]> =>
  w
    .json<{ escalations: Shown[] } | Shown[]>("escalations", "list")
    .then((all) => ("escalations" in all ? all.escalations : all));

/** The one question that is open, as soon as it is about this command. */
const questionAbout = (w: World, command: string): Promise<Shown> =>
  vi.waitFor(
    async () => {
      const [only, ...others] = await open(w);
      expect([others.length, only?.failure.details.command]).toEqual([0, command]);
      if (!only) throw new Error("nothing is asked");
      return only;
    },
    { timeout: 45_000, interval: 100 },
  );

const given = async (w: World): Promise<unknown[]> =>
  (await w.journal()).filter(({ event }) => event === "permission").map(({ answer }) => answer);

/** The agent writes down what it was given once its question is gone from the screen. */
const isGiven = (w: World, ...answers: string[]): Promise<void> =>
  vi.waitFor(async () => expect(await given(w)).toEqual(answers), { timeout: 30_000, interval: 50 });

describe.each(HOSTS)("an agent in %s that asks permission", (host) => {
  test("is answered by its persona's lists, and a person about the rest", async () => {
    const lists = { allow: [["npm", "test"]], deny: [["npm", "publish"]] };
    const [w, run] = await start(host, ask("npm test", "npm start"), lists);
    const { id } = await questionAbout(w, "npm start");
    const shown = await w.devflow("escalations", "show", id);
    expect(shown.out).toContain("The agent wants to run a command");
    expect(shown.out).toContain("$ npm start");
    expect(shown.out).toContain(`answer ${id.slice(-6)} deny`);
    const session = run.of("session.opening")[0]?.session ?? "";
    expect((await w.devflow("sessions", "show", session)).out).toContain("it asks permission for command: npm start");
    expect((await w.devflow("escalations", "answer", id, "allow")).code).toBe(0);
    await run.ends("completed");
    await isGiven(w, "yes", "yes");
    expect(run.of("permission.answering").map(({ answer, by }) => [answer, by])).toEqual([
      ["allow", "careful@1"],
      ["allow", expect.any(String)],
    ]);
    expect(run.of("permission.answered").map(({ result }) => result)).toEqual(["answered", "answered"]);
  }, 300_000);

  test("is denied what its persona's lists deny", async () => {
    const [w, run] = await start(host, ask("npm publish"), { deny: [["npm", "publish"]] });
    await run.event("permission.answered", ({ result }) => result === "answered");
    await isGiven(w, "no");
  }, 300_000);

  test("is not answered by one who has seen another question", async () => {
    const [w, run] = await start(host, ask("npm test", "rm -rf build"));
    const { id } = await questionAbout(w, "npm test");
    await typeAt(w, run.of("session.opening")[0]?.session ?? "", "1");
    const second = await questionAbout(w, "rm -rf build");
    const late = await w.devflow("escalations", "answer", id, "allow");
    expect([late.code, late.err]).toEqual([5, expect.stringContaining("settled")]);
    await isGiven(w, "yes");
    const agent = { ...w.env, DEVFLOW_SESSION: "01AAAAAAAAAAAAAAAAAAAAAAAA" };
    w.env.DEVFLOW_SESSION = agent.DEVFLOW_SESSION;
    const foreign = await w.devflow("escalations", "answer", second.id, "allow");
    delete w.env.DEVFLOW_SESSION;
    expect([foreign.code, foreign.err]).toEqual([5, expect.stringContaining("only a person")]);
    expect((await w.devflow("escalations", "answer", second.id, "deny")).code).toBe(0);
    await isGiven(w, "yes", "no");
    expect(run.of("escalation.settled").map(({ answer }) => answer)).toEqual(["seen", "deny"]);
  }, 300_000);

  test("is answered after a restart of the daemon, once", async () => {
    const [w, run] = await start(host, ask("npm test"));
    const { id } = await questionAbout(w, "npm test");
    process.kill(w.daemonPid(), "SIGKILL");
    const back = await questionAbout(w, "npm test");
    expect(back.id).toBe(id);
    expect((await w.devflow("escalations", "answer", id, "allow")).code).toBe(0);
    await run.ends("completed");
    await isGiven(w, "yes");
    expect(run.of("escalation.raised")).toHaveLength(1);
  }, 300_000);
});
