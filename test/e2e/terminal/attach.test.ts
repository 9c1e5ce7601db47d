/** devflow attach, at a real terminal: it lands on the agent that was meant, lets the person type, and leaves no trace. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { type Person, person, screenOf, sessionOf, WAIT } from "../../support/person.ts";
import { type World, world } from "../../support/world.ts";

/** The author works for as long as the test needs; the reviewer was opened ahead and is idle. */
const SCENARIO = { phases: { specify: [{ wait: 600_000 }] } };
const LEAVE = { tmux: ["C-b", "d"], pty: ["C-]", "d"] } as const;
/** The configured size of an agent's terminal. */
const OWN_ROWS = 48;

let w: World;
let people: Person[] = [];
afterEach(async () => {
  for (const one of people) await one.close();
  people = [];
  await w.close();
}, 300_000);

async function enter(host: "tmux" | "pty") {
  w = world({ host, scenario: SCENARIO });
  await w.devflow("run", "spec-and-review", "--goal", "attach to it", "--yes", "--detach");
  const reviewer = await sessionOf(w, "reviewer", "ready");
  await sessionOf(w, "author", "working");
  return reviewer.id;
}
async function at(...args: string[]): Promise<Person> {
  const one = await person(w, ["attach", ...args]);
  people.push(one);
  return one;
}
const told = async (session: string) =>
  (await w.prompts()).filter((prompt) => prompt.session === session).map(({ text }) => text);

describe.runIf(hasTmux).each(["tmux", "pty"] as const)("attached to an agent in %s", (host) => {
  test("one sees and types at that agent alone, leaves it at work, and it has its size again", async () => {
    const session = await enter(host);
    const one = await at(session);
    await one.sees("? for shortcuts · paper-agent");
    await vi.waitFor(async () => expect((await screenOf(w, session)).length).toBeLessThan(OWN_ROWS), WAIT);
    await one.keys("h", "i", "Space", "t", "h", "e", "r", "e");
    await one.sees("› hi there");
    await one.keys("Enter");
    await vi.waitFor(async () => expect(await told(session)).toEqual(["hi there"]), WAIT);
    expect((await w.prompts()).filter(({ text }) => text === "hi there")).toHaveLength(1);

    await one.keys(...LEAVE[host]);
    expect(await one.ended()).toBe(0);
    await one.sees("You have left; the agent goes on.");
    await vi.waitFor(async () => expect(await screenOf(w, session)).toHaveLength(OWN_ROWS), WAIT);
    await sessionOf(w, "reviewer", "ready");
  }, 300_000);

  test("to look only, nothing that is typed arrives, and the agent keeps its size", async () => {
    const session = await enter(host);
    const one = await at(session, "--read-only");
    await one.sees("paper-agent");
    await one.keys("n", "o", "Enter");
    expect((await w.devflow("sessions", "send", session, "a word in between")).code).toBe(0);
    expect(await told(session)).toEqual(["a word in between"]);
    expect(await screenOf(w, session)).toHaveLength(OWN_ROWS);
    await one.keys(...LEAVE[host]);
    expect(await one.ended()).toBe(0);
  }, 300_000);

  test("a draft is left alone, said in words, and holds what others send", async () => {
    const session = await enter(host);
    const one = await at(session);
    await one.sees("? for shortcuts");
    await one.keys("d", "r", "a", "f", "t");
    await one.sees("› draft");
    const sent = await w.devflow("sessions", "send", session, "now?");
    expect(sent).toMatchObject({ code: 1, out: expect.stringContaining("the composer holds a draft: draft") });
    const shown = (await w.devflow("sessions", "show", session)).out;
    expect(shown).toContain("the composer holds a draft: draft");
    expect(await told(session)).toEqual([]);
  }, 300_000);

  test("when the agent is ended the view is over, and says so", async () => {
    const session = await enter(host);
    const [one, two] = [await at(session), await at(session)];
    for (const each of [one, two]) await each.sees("? for shortcuts");
    expect((await w.devflow("sessions", "kill", session)).code).toBe(0);
    for (const each of [one, two]) {
      expect(await each.ended()).toBe(0);
      await each.sees("The agent has ended.");
    }
    const again = await at(session);
    expect(await again.ended()).toBe(5);
    await again.sees("has ended");
  }, 300_000);
});
