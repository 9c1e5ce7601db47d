/**
 * Every table keeps to the terminal that it is printed on, in both languages: all commands that can be asked without naming
 * anything, as the command table has them, so that a new one is tried by itself.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Client, connect } from "../../../src/cli/client.ts";
import { COMMAND_PATHS, COMMANDS, type CommandPath } from "../../../src/cli/command-table.ts";
import { composeAgents, composeDefinitions, composeGround, composeKeys } from "../../../src/cli/compose.ts";
import { columnsOf, lookOf } from "../../../src/cli/table.ts";
import { Failure, failureRecord } from "../../../src/domain/failure.ts";
import { speak } from "../../../src/messages/say.ts";
import type { EscalationNow } from "../../../src/protocol/escalation-methods.ts";
import { placesHere } from "../../../src/protocol/here.ts";
import { devflow, type Setting } from "../../support/cli.ts";
import { begin } from "../../support/live-run.ts";
import { type ModelWorld, modelWorld } from "../../support/model-world.ts";
import { addPersona, addTemplate } from "../../support/shelf.ts";

/** They change something, speak with a person, or never end. */
const NOT_ASKED: ReadonlySet<CommandPath> = new Set<CommandPath>([
  ...([
    "chat",
    "watch",
    "init",
    "login",
    "logout",
    "audit verify",
    "usage reset",
    "notify test",
    "runs prune",
  ] as const),
  ...(["ctl pause", "ctl resume", "ctl shutdown"] as const),
]);

/** Paths are copied: they stand whole, at the end of their line. */
const COPIED = /(?:^| )\S*\/\S*$/;

const plain = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, "");

let w: ModelWorld;
let setting: Setting;
let asked: string[][];

beforeAll(async () => {
  w = await modelWorld();
  const description = "아주 긴 설명이 붙은 페르소나: 명세를 쓰고, 검토하고, 고치고, 다시 검토하며, 끝까지 책임집니다";
  addPersona(w, "a-persona-with-quite-a-long-name", {
    ...{ description, capabilities: ["implement", "review", "verify", "specify", "plan"] },
    ...{ adapter: "terminal", agent: "paper", family: "paper" },
  });
  addTemplate(w, "a-template-with-quite-a-long-name", { "a-phase-of-a-long-name": {}, "another-long-one": {} });
  const bound = ["--bind", "reviewer=openrouter-gpt-reviewer"];
  const run = await begin(w, "review-only", "--goal", "인사하기 — greet everybody, in both languages", ...bound);
  await run.reaches("completed");
  const { socket } = placesHere(w.env);
  const env = w.env as NodeJS.ProcessEnv;
  const real = await connect(socket);
  const client: Client = {
    ...real,
    close: () => {}, // each command closes its own
    // The run has gone through without anybody's being asked.
    call: async (method, params) =>
      (method === "escalation.list" ? { escalations: [waiting(run.id)] } : await real.call(method, params)) as never,
  };
  const ground = await composeGround(env, async () => client);
  const said = new Map<string, ReturnType<typeof ground.said>>();
  setting = {
    ...{ client, env: w.env, cwd: w.repo, now: Date.now() },
    definitions: await composeDefinitions(env),
    agents: await composeAgents(env),
    keys: await composeKeys(env, { patient: false }),
    // Each program is started once: how long it takes to answer is not what is tried here.
    ground: {
      ...ground,
      said: (program, args, ...more) => {
        const line = [program, ...args].join(" ");
        const before = said.get(line) ?? ground.said(program, args, ...more);
        said.set(line, before);
        return before;
      },
    },
  };
  asked = [["costs", run.id], ...(await withoutNames())];
}, 120_000);
afterAll(async () => {
  await speak("en");
  await w?.close();
}, 60_000);

const waiting = (run: string): EscalationNow => ({
  ...{ id: "01KJM3W7H0QZB4T1VB8DE5C4AE", run, template: "spec-and-review@1", phase: "specify", raisedAt: Date.now() },
  ...{ answers: ["allow", "deny"], severity: "question" },
  failure: failureRecord(
    new Failure("phase.rejected", { phase: "specify", comment: "요구 사항이 서로 맞지 않습니다 ".repeat(3) }),
  ),
});

async function withoutNames(): Promise<string[][]> {
  const all: string[][] = [];
  for (const path of COMMAND_PATHS) {
    const { default: command } = await COMMANDS[path].load();
    const needs = Object.keys(command.arguments ?? {}).some((name) => name.startsWith("<"));
    if (!needs && !NOT_ASKED.has(path)) all.push(path.split(" "));
  }
  return all;
}

/** What every command says at this width; `undefined` is a pipe. */
async function all(columns: number | undefined, env: Record<string, string>, isTTY = columns !== undefined) {
  const { colour } = lookOf({ isTTY, ...(columns !== undefined && { columns }) }, env);
  const look = { colour, ...(columns !== undefined && { columns }) };
  const ran = await Promise.all(
    asked.map(async (argv) => ({
      command: argv.join(" "),
      ...(await devflow(argv, { ...setting, ...look, env: { ...setting.env, ...env } })),
    })),
  );
  expect(ran.filter(({ out }) => !/\S/.test(out)).map(({ command, err }) => `${command}: ${err}`)).toEqual([]);
  return ran;
}

describe.each(["en", "ko"])("in %s", (DEVFLOW_LANG) => {
  test.each([40, 60, 80])(
    "no line is wider than a terminal of %i columns, in colour",
    async (columns) => {
      const ran = await all(columns, { DEVFLOW_LANG });
      const lines = ran.flatMap(({ command, out, err }) =>
        `${out}${err}`.split("\n").map((line) => ({ command, line })),
      );
      const wide = lines.filter(({ line }) => columnsOf(plain(line)) > columns && !COPIED.test(plain(line)));
      expect(wide).toEqual([]);
      expect(ran.map(({ command }) => command)).toContain("sessions list");
      expect(lines.some(({ line }) => line.includes("\u001b["))).toBe(true);
    },
    60_000,
  );

  test("NO_COLOR and pipes have no escape sequences, and nothing is cut in a pipe", async () => {
    const quiet = await all(80, { DEVFLOW_LANG, NO_COLOR: "1" });
    const piped = await all(undefined, { DEVFLOW_LANG });
    expect([...quiet, ...piped].filter(({ out, err }) => `${out}${err}`.includes("\u001b"))).toEqual([]);
    expect(piped.find(({ command }) => command === "personas list")?.out).toContain("끝까지 책임집니다");
  }, 60_000);
});
