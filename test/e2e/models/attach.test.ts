/** devflow attach to a model agent, at a real terminal: one sees what it says and does, and speaks to it. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { type ModelWorld, modelWorld } from "../../support/model-world.ts";
import { type Person, person, sessionOf, WAIT } from "../../support/person.ts";

let w: ModelWorld;
let people: Person[] = [];
let goOn: () => void = () => {};
afterEach(async () => {
  goOn();
  for (const one of people) await one.close();
  people = [];
  await w.close();
}, 120_000);

/** The author has written its artifact, and its next call waits for `goOn`. */
async function enter() {
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  w = await modelWorld({
    fault: async ({ phase, answered, knock }) => {
      if (phase === "specify" && answered === 1 && knock === 1) await gate;
      return undefined;
    },
  });
  const run = await w.specAndReview();
  await vi.waitFor(() => expect(w.server.requests).toHaveLength(2), WAIT);
  return { run, author: await sessionOf(w, "author", "working") };
}

async function at(...args: string[]): Promise<Person> {
  const one = await person(w, ["attach", ...args], { cols: 120, rows: 60 });
  people.push(one);
  return one;
}

const typed = (text: string): string[] => [...[...text].map((key) => (key === " " ? "Space" : key)), "Enter"];

describe.runIf(hasTmux)("attached to a model agent", () => {
  test("one reads along, says something, holds it and lets it go on, and sees it end", async () => {
    const { run, author } = await enter();
    const one = await at(author.id);
    await one.sees("→ write_file ");
    await one.sees("✓ write_file");
    await one.sees("0.001 USD");
    await one.keys(...typed("use the parser"));
    await one.sees("you: use the parser");
    await one.keys(...typed("/pause"));
    await one.sees("It is held before its next call of the model.");
    await sessionOf(w, "author", "awaiting_input");
    goOn();
    await vi.waitFor(() => expect(run.of("tool.called").map(({ tool }) => tool)).toContain("complete"), WAIT);
    expect(w.server.requests).toHaveLength(2);
    await one.keys(...typed("/resume"));
    await run.ends("completed");
    const said = w.server.requests[2]?.body.messages.at(-1);
    expect(said).toMatchObject({ role: "user", content: "use the parser" });
    await one.sees("The agent has ended.");
    expect(await one.ended()).toBe(0);
    expect(run.of("session.told").map(({ what }) => what)).toEqual(["send", "pause", "resume"]);
  }, 180_000);

  test("to look only, nothing can be typed; one leaves and the agent goes on", async () => {
    const { run, author } = await enter();
    const one = await at(author.id, "--read-only");
    await one.sees("✓ write_file");
    await one.keys(...typed("/stop"));
    await one.keys("C-c");
    expect(await one.ended()).toBe(0);
    await one.sees("You have left; the agent goes on.");
    goOn();
    await run.ends("completed");
    expect(run.of("session.told")).toEqual([]);
  }, 180_000);
});
