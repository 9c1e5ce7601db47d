/** The commands of a talk that concern what is beside it, and the bell, at a real terminal with the real program. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { type Person, person, WAIT } from "../../support/person.ts";
import { addTemplate } from "../../support/shelf.ts";
import { type World, world } from "../../support/world.ts";

let w: World;
let one: Person;
afterEach(async () => {
  await one.close();
  await w.close();
}, 120_000);

const line = (text: string): string[] => [...[...text].map((key) => (key === " " ? "Space" : key)), "Enter"];

describe.runIf(hasTmux)("in a talk", () => {
  test("one looks at money and runs, starts and approves a run, changes the persona, and visits its terminal", async () => {
    w = world({ host: "tmux" });
    addTemplate(w, "gated", { only: { approval: "before" } });
    one = await person(w, ["chat", "--agent", "paper-implementer"], { cols: 80, rows: 50 });
    await one.sees("devflow $0 ▸");
    await one.keys(...line("/help"));
    await one.sees("/attach");

    await one.keys(...line("/budget 2.50"));
    await one.sees("the talk may cost 2.50 USD");
    await one.keys(...line("/budget"));
    await one.sees(/run +\w+ +\$2\.50/);
    await one.keys(...line("/stats"));
    await one.sees("PHASE");
    await one.keys(...line("/agent"));
    await one.sees("paper-reviewer@1");
    await one.keys(...line("/agent paper-reviewer"));
    await one.sees("paper-reviewer@1 from now on");
    await one.keys(...line("/model"));
    await one.sees("paper-reviewer@1 uses");

    await one.keys(...line("/run gated try it"));
    await one.sees(/run \w{6} started/);
    const run = await vi.waitFor(async () => {
      const [found] = await w.json<{ id: string }[]>("runs", "list", "--status", "waiting");
      if (!found) throw new Error("no run waits yet");
      return found.id;
    }, WAIT);
    await one.keys(...line("/runs"));
    await one.sees(new RegExp(`${run.slice(-6)} +waiting +gated@1`));
    await one.keys(...line("/approve"));
    await one.sees(`/approve ${run.slice(-6)}  try it`);
    await one.keys(...line(`/approve ${run.slice(-6)}`));
    await one.sees(`only of run ${run.slice(-6)}: agreed`);
    expect((await w.devflow("runs", "wait", run)).code).toBe(0);

    await one.keys(...line("hello"));
    await one.sees("Understood. There is no artifact to write in this prompt.");
    await one.keys(...line("/attach"));
    await one.sees("? for shortcuts · paper-agent");
    await one.keys("C-b", "d");
    await one.sees("devflow $? ▸");
    await one.keys(...line("/quit"));
    expect(await one.ended()).toBe(0);
  }, 180_000);
});

describe.runIf(hasTmux)("the bell", () => {
  test("rings once at the terminal where a run is looked at, when it has ended", async () => {
    w = world({ config: "notify:\n  bell: true\n" });
    const argv = ["run", "review-only", "--goal", "look", "--bind", "reviewer=paper-reviewer", "--yes"];
    one = await person(w, argv);
    expect(await one.ended()).toBe(0);
    await vi.waitFor(async () => expect(await one.rang()).toBe(true), WAIT);
    expect(readFileSync(one.raw, "utf8").split("\u0007")).toHaveLength(2);
  }, 120_000);
});
