/** Agents that are another version than their profile is made for, and profiles that somebody has broken. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { begin } from "../support/live-run.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { type World, type WorldOptions, world } from "../support/world.ts";

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

/** A devflow where codex is a program that says it is version 9.9.9, and never comes to more. */
function enter(options: WorldOptions = {}): World {
  here = world(options);
  const program = join(here.folder, "codex");
  writeFileSync(program, '#!/bin/sh\n[ "$1" = --version ] && echo codex-cli 9.9.9 && exit\nexec sleep 600\n', {
    mode: 0o700,
  });
  here.env.DEVFLOW_CODEX = program;
  addTemplate(here, "line", { work: {} });
  addPersona(here, "odd", { capabilities: ["implement"], adapter: "terminal", agent: "codex", family: "openai" });
  return here;
}

const SAID = "persona odd@1 runs OpenAI Codex CLI 9.9.9, and its profile is made for >=0.160 <1";

test("a version that its profile is not made for is told before the run, by doctor and by its session", async () => {
  const w = enter();
  const preview = await w.devflow("run", "line", "--goal", "x", "--bind", "work=odd", "--preview");
  expect(preview.out.replace(/\s+/g, " ")).toContain(SAID);
  expect((await w.devflow("doctor")).out).toContain("codex 9.9.9");
  const run = await begin(w, "line", "--goal", "x", "--bind", "work=odd");
  const { session } = await run.event("session.opened");
  const shown = await w.devflow("sessions", "show", session);
  expect(shown.out.replace(/\s+/g, " ")).toContain("9.9.9 is none of the versions that its profile is made for");
}, 120_000);

test("or its persona is refused, where the settings say so", async () => {
  const w = enter({ config: "agents: { unsupportedVersion: refuse }\n" });
  const run = await w.devflow("run", "line", "--goal", "x", "--bind", "work=odd", "--yes");
  expect([run.code, run.err]).toEqual([8, expect.stringContaining(`${SAID} (persona.agent_unsupported)`)]);
}, 120_000);

test("a profile that its user has broken is named where its agent is asked for, and stops no other agent", async () => {
  const w = enter();
  mkdirSync(join(w.home, "config", "agents"));
  const profile = join(w.home, "config", "agents", "codex.yaml");
  writeFileSync(profile, "name: codex\ncolour: red\n");
  const refused = await w.devflow("run", "line", "--goal", "x", "--bind", "work=odd", "--yes");
  expect([refused.code, refused.err]).toEqual([8, expect.stringContaining(`${profile}:1:1: `)]);
  const run = await begin(w, "line", "--goal", "x");
  await run.ends("completed");
  expect((await w.devflow("personas", "list")).code).toBe(0);
}, 120_000);

test("a profile that is broken while its agent works ends no run", async () => {
  const w = enter({ scenario: { phases: { work: { "1": [{ crash: 1 }], "*": [{ write: "whole" }] } } } });
  addTemplate(w, "line", { work: { approval: "before" } });
  const run = await begin(w, "line", "--goal", "x");
  await run.reaches("waiting");
  await w.devflow("approve", run.id);
  await run.event("prompt.delivered");
  mkdirSync(join(w.home, "config", "agents"));
  writeFileSync(join(w.home, "config", "agents", "paper.yaml"), "name: paper\ncolour: red\n");
  await run.ends("completed");
}, 120_000);
