/** What people do to agents by command: send, interrupt, restart, kill, and the recording that is left. */
import { readFileSync } from "node:fs";
import { Terminal } from "@xterm/headless";
import { afterEach, expect, test, vi } from "vitest";
import { screenOf, sessionOf, WAIT } from "../support/person.ts";
import { type World, world } from "../support/world.ts";

let w: World;
afterEach(() => w.close(), 60_000);

async function start(scenario: unknown, template = "spec-and-review"): Promise<string> {
  w = world({ scenario });
  await w.devflow("run", template, "--goal", "go", "--yes", "--detach");
  return (await w.latest())?.id ?? "";
}
/** For ever the first time, at once the next. */
const FIRST_HANGS = { phases: { specify: { 1: [{ wait: 600_000 }], "*": [{ write: "whole" }] } } };
const types = async (run: string) =>
  (await w.json<{ event: { type: string; what?: string } }[]>("runs", "events", run)).map(({ event }) =>
    event.what === undefined ? event.type : `${event.type} ${event.what}`,
  );

test("a text that is sent is delivered to that agent, once, and is in the log", async () => {
  const run = await start(FIRST_HANGS);
  const { id } = await sessionOf(w, "reviewer", "ready");
  const sent = await w.withInput("use the parser\n있는 것을", "sessions", "send", id, "-");
  expect(sent).toMatchObject({ code: 0, out: expect.stringContaining(`delivered to ${id}`) });
  const got = (await w.prompts()).filter(({ session }) => session === id).map(({ text }) => text);
  expect(got).toEqual(["use the parser\n있는 것을"]);
  expect(await types(run)).toContain("session.told send");
}, 300_000);

test("an interrupted agent stops its turn and stays; the next command ends it", async () => {
  const run = await start(FIRST_HANGS);
  const { id } = await sessionOf(w, "author", "working");
  expect((await w.devflow("sessions", "interrupt", id)).code).toBe(0);
  await sessionOf(w, "author", "ready");
  expect((await w.journal()).filter(({ event, session }) => event === "interrupt" && session === id)).toHaveLength(1);
  expect((await w.devflow("runs", "show", run)).out).toMatch(/specify .* idle, artifact awaited/);
}, 300_000);

test("a restarted agent is another one, is told again what to do, and the run completes", async () => {
  const run = await start(FIRST_HANGS);
  const { id } = await sessionOf(w, "author", "working");
  expect((await w.devflow("sessions", "restart", id)).code).toBe(0);
  expect((await w.devflow("runs", "wait", run)).code).toBe(0);
  const specify = (await w.prompts()).filter(({ phase }) => phase === "specify").map(({ session }) => session);
  expect(specify).toHaveLength(2);
  expect(specify[0]).toBe(id);
  expect(specify[1]).not.toBe(id);
}, 300_000);

test("a run whose agent was killed waits for a person, and completes when it is resumed", async () => {
  const run = await start(FIRST_HANGS);
  const { id } = await sessionOf(w, "author", "working");
  expect((await w.devflow("sessions", "kill", id)).code).toBe(0);
  const waited = await w.devflow("runs", "wait", run);
  expect(waited).toMatchObject({ code: 7, out: expect.stringContaining(`devflow runs resume`) });
  expect((await w.devflow("runs", "resume", run)).code).toBe(0);
  expect((await w.devflow("runs", "wait", run)).code).toBe(0);
}, 300_000);

test("a phase that was under way when its run was cancelled is not shown as working", async () => {
  const run = await start(FIRST_HANGS);
  await sessionOf(w, "author", "working");
  expect((await w.devflow("runs", "cancel", run)).code).toBe(0);
  expect((await w.devflow("runs", "show", run)).out).toMatch(/- specify .* stopped with the run/);
}, 300_000);

test("the recording of a session is an asciicast that ends with the screen that the session has", async () => {
  await start(undefined, "implement-and-review");
  await vi.waitFor(async () => expect((await w.latest())?.status).toBe("waiting"), WAIT);
  const { id } = await sessionOf(w, "author", "ready");
  const file = (await w.devflow("sessions", "record", id)).out.trim();
  await vi.waitFor(async () => expect(await replayed(file)).toEqual(await screenOf(w, id)), WAIT);
  expect((await screenOf(w, id)).join("\n")).toContain("Done with plan");
}, 300_000);

/** The last screen, as any player of asciicast v2 makes it. */
async function replayed(file: string): Promise<string[]> {
  const [head = "", ...lines] = readFileSync(file, "utf8").trim().split("\n");
  const { version, width, height } = JSON.parse(head) as { version: number; width: number; height: number };
  expect(version).toBe(2);
  const terminal = new Terminal({ cols: width, rows: height, allowProposedApi: true });
  let last = 0;
  for (const line of lines) {
    const [at, kind, data] = JSON.parse(line) as [number, string, string];
    expect(at).toBeGreaterThanOrEqual(last);
    last = at;
    if (kind === "o") await new Promise<void>((resolve) => terminal.write(data, resolve));
    if (kind === "r") terminal.resize(Number(data.split("x")[0]), Number(data.split("x")[1]));
  }
  const { active } = terminal.buffer;
  return Array.from({ length: terminal.rows }, (_, row) =>
    (active.getLine(active.baseY + row)?.translateToString(true) ?? "").trimEnd(),
  );
}
