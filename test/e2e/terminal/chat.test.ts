/** devflow alone at a real terminal: a talk with an agent in a terminal of its own, the paper agent. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { isThere } from "../../support/alive.ts";
import { hasTmux } from "../../support/has-tmux.ts";
import { type Person, person } from "../../support/person.ts";
import { type World, world } from "../../support/world.ts";

let w: World;
let people: Person[] = [];
afterEach(async () => {
  for (const one of people) await one.close();
  people = [];
  await w.close();
}, 120_000);

const line = (text: string): string[] => [...[...text].map((key) => (key === " " ? "Space" : key)), "Enter"];

async function at(scenario: unknown, args: string[], size = { cols: 80, rows: 40 }): Promise<Person> {
  w = world({ scenario });
  const one = await person(w, args, size);
  people.push(one);
  await one.sees("devflow $0 ▸");
  return one;
}

describe.runIf(hasTmux)("a talk with an agent in a terminal", () => {
  test("devflow alone begins it; its answers are what its screen shows; it changes files, is undone, and ends", async () => {
    const scenario = {
      phases: {
        "*": {
          "1": [{ say: "First answer of the paper agent." }],
          "2": [{ edit: { file: "made.txt", content: "made\n" } }, { say: "I have made a file." }],
          "3": [{ permission: { title: "Run a command?", command: "touch x" } }, { say: "It was allowed." }],
          "*": [{ stall: true }],
        },
      },
    };
    const one = await at(scenario, []);
    await one.keys(...line("what is this"));
    await one.sees("First answer of the paper agent.");
    // What it costs is not told, and what is not known is not 0.
    await one.sees("devflow $? ▸");
    await one.keys(...line("make a file"));
    await one.sees("I have made a file.");
    const [run] = await w.json<{ id: string }[]>("runs", "list");
    const { worktree } = await w.json<{ worktree: string }>("runs", "show", run?.id ?? "");
    const made = join(worktree, "made.txt");
    expect(readFileSync(made, "utf8")).toBe("made\n");
    await one.keys(...line("/undo"));
    await one.sees("as before it: 1 file");
    expect(existsSync(made)).toBe(false);
    await one.keys(...line("/undo"));
    await one.sees("turn 1 is undone: it had changed no file");

    await one.keys(...line("do more"));
    await one.sees("/approve agrees, /approve no refuses");
    await one.keys(...line("/approve"));
    await one.sees("answered: allow");
    await one.sees("It was allowed.");

    await one.keys(...line("go on for ever"));
    await one.sees("⋯");
    await one.keys("C-c");
    await one.sees("· interrupted");
    await one.keys(...line("/qiut"));
    await one.sees("did you mean /quit?");
    const sessions = await w.json<{ pid?: number }[]>("sessions", "list");
    const pids = sessions.flatMap(({ pid }) => pid ?? []);
    expect(pids).toHaveLength(1);
    await one.keys("C-d");
    expect(await one.ended()).toBe(0);
    expect(await w.json("sessions", "list")).toEqual([]);
    for (const pid of pids) expect(isThere(pid)).toBe(false);
    expect(await w.json("runs", "list")).toMatchObject([{ status: "completed", template: "chat@1" }]);
  }, 180_000);

  test("without a terminal it is help, as ever", async () => {
    w = world();
    const { code, out } = await w.devflow();
    expect(code).toBe(0);
    expect(out).toContain("devflow <command> [options]");
    expect((await w.devflow("chat")).code).toBe(2);
  }, 60_000);
});
