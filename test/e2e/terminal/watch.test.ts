/** devflow watch, at a real terminal. */
import { afterEach, describe, expect, test } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { type Person, person } from "../../support/person.ts";
import { type World, world } from "../../support/world.ts";

let w: World | undefined;
let one: Person | undefined;
afterEach(async () => {
  await one?.close();
  await w?.close();
  one = w = undefined;
}, 300_000);

describe.runIf(hasTmux)("devflow watch", () => {
  test("shows a run as it goes on, over a daemon's death too, and gives the screen back", async () => {
    w = world({ scenario: { phases: { specify: [{ wait: 6_000 }, { write: "whole" }] } } });
    one = await person(w, ["watch"]);
    await one.sees("No runs yet");
    await w.devflow("run", "spec-and-review", "--goal", "잘 보이게", "--yes", "--detach");
    await one.sees("잘 보이게");
    await one.sees(/specify +paper-author@1 +working/);
    await one.keys("Enter");
    await one.sees(/specify: prompt delivered to/);
    process.kill(w.daemonPid(), "SIGKILL");
    await one.sees("the daemon has gone away: devflowd start");
    await w.devflowd("start");
    await one.sees(/verify +paper-verifier@1 +accepted/);
    await one.sees(/ {2}completed {2}/);
    expect(await one.text()).not.toContain("gone away");
    await one.keys("q");
    expect(await one.ended()).toBe(0);
    await one.sees("before it");
    expect(await one.text()).not.toContain("잘 보이게");
  }, 300_000);
});
