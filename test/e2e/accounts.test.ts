/** Two runs at once on one account, in real terminals: the limit that one comes to holds the other, over a restart of the daemon. */
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { begin } from "../support/live-run.ts";
import { addTemplate } from "../support/shelf.ts";
import { makeRepository, type World, world } from "../support/world.ts";

let here: World | undefined;
afterEach(async () => {
  await here?.close();
  here = undefined;
}, 300_000);

test("a usage limit of one agent parks the other run's until it is over; nobody is started again", async () => {
  const scenario = {
    phases: { work: { "1": [{ limit: 12 }], "*": [{ write: "whole" }] }, other: [{ write: "whole" }] },
  };
  const w = world({ scenario });
  here = w;
  const second = join(w.folder, "second");
  makeRepository(second);
  addTemplate(w, "first-line", { work: {} });
  addTemplate({ ...w, repo: second }, "second-line", { other: {} });
  const limited = await begin(w, "first-line", "--goal", "x");
  const { until } = await limited.event("session.troubled");
  const parked = await begin(w, "second-line", "--goal", "y", "--repo", second);
  const held = await parked.event("prompt.held", (event) => event.until !== undefined);
  expect([held.until, held.reason]).toEqual([until, expect.stringContaining("reached a limit")]);
  const [session] = parked.of("session.opening");
  expect((await w.devflow("sessions", "show", session?.session ?? "")).out).toContain("reached a limit");
  process.kill(w.daemonPid(), "SIGKILL");
  await w.devflow("runs", "list"); // the next daemon knows it from the log
  await parked.ends("completed");
  await limited.ends("completed");
  const taken = parked.stored().find(({ event }) => event.type === "prompt.delivered");
  expect(taken?.at).toBeGreaterThanOrEqual(until ?? Number.POSITIVE_INFINITY);
  expect([...limited.of("session.opening"), ...parked.of("session.opening")]).toHaveLength(2);
  expect((await w.prompts()).map(({ phase }) => phase).sort()).toEqual(["other", "work", "work"]);
}, 300_000);
