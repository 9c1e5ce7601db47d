/** devflow run, at a real terminal: the question, the live block, and leaving it. */
import { afterEach, describe, expect, test } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { type Person, person } from "../../support/person.ts";
import { type World, world } from "../../support/world.ts";

let w: World;
let one: Person;
afterEach(async () => {
  await one.close();
  await w.close();
}, 300_000);

const start = async (scenario: unknown, template = "spec-and-review") => {
  w = world({ scenario });
  one = await person(w, ["run", template, "--goal", "하나 하기"], { cols: 80, rows: 40 });
  await one.sees("Start this run? [y/N]");
};

describe.runIf(hasTmux)("devflow run at a terminal", () => {
  test("asks first, and starts nothing on no", async () => {
    await start(undefined);
    await one.keys("n", "Enter");
    expect(await one.ended()).toBe(130);
    await one.sees("nothing was started");
    expect(await w.latest()).toBeUndefined();
  }, 300_000);

  test("shows phases and agents live; Ctrl-C leaves the run alone and tells how to come back", async () => {
    await start({ phases: { specify: [{ wait: 3_000 }, { write: "whole" }] } });
    await one.keys("y", "Enter");
    await one.sees(/specify +paper-author@1 +working/);
    await one.sees(/author +working +\d+s +devflow attach \w{6}/);
    await one.keys("C-c");
    expect(await one.ended()).toBe(130);
    const id = (await w.latest())?.id ?? "";
    await one.sees(`devflow runs wait ${id.slice(-6)}`);
    expect((await w.devflow("runs", "wait", id)).code).toBe(0);
  }, 300_000);

  test("says what it waits for and where that is, goes on when that is given, and ends with the outcome alone", async () => {
    await start({ phases: { review: [{ permission: { title: "Run it?", command: "ls" } }, { write: "whole" }] } });
    await one.keys("y", "Enter");
    await one.sees(/\? the agent paper-reviewer@1 asks for permission/);
    const [, session = ""] = /devflow attach (\w{6}) shows the question/.exec(await one.text()) ?? [];
    const answering = await person(w, ["attach", session]);
    try {
      await answering.sees("Run it?");
      await answering.keys("1");
      expect(await one.ended()).toBe(0);
    } finally {
      await answering.close();
    }
    await one.sees(/✓ spec-and-review@1 +\w{6} +completed/);
    expect(await one.text()).not.toContain("Ctrl-C stops following");
  }, 300_000);
});
