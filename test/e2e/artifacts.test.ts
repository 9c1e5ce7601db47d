/** What odd artifacts get, in one whole run: accepted or refused, for the reason that is stated. Real panes, the paper agent. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../src/domain/report.ts";
import type { RunView } from "../../src/domain/view.ts";
import { putTemplate } from "../support/paper-template.ts";
import { type World, world } from "../support/world.ts";

/** What is in a file outside of the worktree, to which one agent makes a link. */
const SECRET = "not-for-devflow";
const RIGHT = [{ write: "whole" }];
/** Wrong at the first prompt, right at the repair prompt. */
const mended = (how: string) => ({ "1": [{ write: how }], "2": RIGHT });

/** What the agent does in each phase, and what is to be said of its first artifact; nothing is said where it is accepted. */
const CASES: Readonly<Record<string, { acts: unknown; refused?: string }>> = {
  empty: { acts: mended("empty"), refused: "the file is empty" },
  huge: { acts: mended("huge"), refused: "it has 52428814 bytes; the limit is 10485760. Say it in fewer words" },
  garbage: { acts: mended("garbage"), refused: "it is not UTF-8 text" },
  broken: { acts: mended("broken"), refused: "it is not JSON: line " },
  outside: {
    acts: { "1": [{ write: "symlink", text: JSON.stringify({ secret: SECRET }) }], "2": RIGHT },
    refused: "it is a link; write a regular file",
  },
  wrong: { acts: mended("wrong"), refused: 'the property "title" is missing' },
  chunks: { acts: [{ write: "chunks" }] },
  twice: { acts: [{ write: "twice" }] },
  deleted: { acts: [{ write: "deleted" }, ...RIGHT] },
  half: { acts: { "1": [{ write: "half" }, { crash: 3 }], "2": RIGHT } },
};

let w: World;
let view: RunView;
let report: Report;
beforeAll(async () => {
  const phases = Object.fromEntries(Object.entries(CASES).map(([id, { acts }]) => [id, acts]));
  w = world({
    scenario: {
      phases: { ...phases, never: { "1": [{ say: "I am done." }], "2": RIGHT }, hopeless: [{ write: "wrong" }] },
    },
  });
  // The one that is nudged has a role of its own: the others need not wait for the patience that it takes.
  const odd = Object.keys(CASES).map((id) => ({ id, needs: [] }));
  putTemplate(w.home, "odd", [{ id: "never", role: "idler", needs: [] }, ...odd]);
  putTemplate(w.home, "hopeless", [{ id: "hopeless", repairs: 2 }]);
  const ran = await w.devflow("run", "odd", "--goal", "Be odd", "--yes", "--json");
  view = JSON.parse(ran.out) as RunView;
  report = await w.json<Report>("runs", "report", view.id);
}, 300_000);
afterAll(() => w.close(), 60_000);

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const phase = (id: string) => view.phases.find((one) => one.id === id);
const last = (id: string) => phase(id)?.attempts.at(-1);

describe("an artifact that is", () => {
  test.each(Object.entries(CASES).filter(([, { refused }]) => refused))(
    "%s is refused for what it is, and accepted once it is corrected",
    (id, { refused = "" }) => {
      const refusals = last(id)?.refused ?? [];
      expect(refusals).toHaveLength(1);
      expect(refusals[0]?.violations.map(({ problem }) => problem).join("\n")).toContain(refused);
      expect([phase(id)?.status, phase(id)?.attempts.length]).toEqual(["accepted", 1]);
    },
  );

  test.each(Object.entries(CASES).filter(([id, { refused }]) => !refused && id !== "half"))(
    "%s is accepted whole, without a repair",
    (id) => {
      expect([phase(id)?.status, last(id)?.refused]).toEqual(["accepted", []]);
    },
  );

  test("half written by an agent that crashes then is made anew: the agent is started again and told again", async () => {
    expect([phase("half")?.status, last("half")?.refused]).toEqual(["accepted", []]);
    const told = (await w.prompts()).filter((prompt) => prompt.phase === "half");
    expect(new Set(told.map(({ session }) => session)).size).toBe(2);
    expect(view.sessions.filter(({ role }) => role === "author").map(({ state }) => state)).toEqual(["lost", "closed"]);
  });

  test("never written is asked for once more", async () => {
    expect([phase("never")?.status, last("never")?.refused]).toEqual(["accepted", []]);
    expect(view.sessions.find(({ role }) => role === "idler")?.recoveries).toEqual({ nudge: 1 });
    expect((await w.prompts()).filter((prompt) => prompt.phase === "never")).toHaveLength(2);
  });
});

test("nothing but what was accepted is kept, and nothing from outside is read", async () => {
  const kept = files(join(w.home, "data", "artifacts")).map((path) => path.replace(/^.*\//, "").slice(0, 64));
  const accepted = view.phases.map(({ id }) => last(id)?.artifact?.sha256 ?? id);
  expect(new Set(kept)).toEqual(new Set(accepted));
  const events = (await w.devflow("runs", "events", view.id, "--json")).out;
  for (const told of [events, JSON.stringify(report), ...(await w.prompts()).map(({ text }) => text)])
    expect(told).not.toContain(SECRET);
});

test("an artifact that is never right fails the run after its repairs, with the violations in the report", async () => {
  const ran = await w.devflow("run", "hopeless", "--goal", "Never", "--yes");
  expect(ran.code).toBe(1);
  const id = (await w.latest())?.id ?? "";
  const failed = await w.show(id);
  expect([failed.status, failed.failure?.code]).toEqual(["failed", "artifact.invalid"]);
  const [attempt] = failed.phases[0]?.attempts ?? [];
  expect(attempt?.refused).toHaveLength(2);
  const [violation] = attempt?.refused[0]?.violations ?? [];
  expect(violation).toEqual({ at: "", problem: 'the property "title" is missing' });
  const sentence = `phase hopeless: the artifact does not satisfy spec@1: the whole of it: ${violation?.problem}`;
  expect(failed.failure?.message).toBe(sentence);
  for (const args of [["show"], ["report", "--markdown"]]) {
    const [verb = "", ...more] = args;
    expect((await w.devflow("runs", verb, id, ...more)).out).toContain(sentence);
  }
  expect(ran.out + ran.err).toContain(sentence);
}, 300_000);
