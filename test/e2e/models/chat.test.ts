/** devflow chat with a model, at a real terminal: what is said, quoted, done, stopped, undone and survived; and nothing is left. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { KEY, type ModelWorld, type ModelWorldOptions, modelWorld } from "../../support/model-world.ts";
import type { ModelRequest, Move } from "../../support/openrouter.ts";
import { type Person, person, WAIT } from "../../support/person.ts";

let w: ModelWorld;
let people: Person[] = [];
afterEach(async () => {
  for (const one of people) await one.close();
  people = [];
  await w.close();
}, 120_000);

/** Tools that the model has used since it was last spoken to. */
const done = ({ body }: ModelRequest): number => {
  const last = body.messages.findLastIndex(({ role }) => role === "user");
  return body.messages.slice(last + 1).filter(({ role }) => role === "assistant").length;
};

/** Reads, writes or only answers, as the person's words have it. */
function moves(request: ModelRequest): Move {
  const { said } = request;
  if (said.includes("look at @") && done(request) === 0) return { tool: "read_file", args: { path: "README.md" } };
  if (said.includes("write it") && done(request) === 0)
    return { tool: "write_file", args: { path: "NOTES.md", content: "made\n" } };
  if (said.includes("look at @")) return { say: "It **is** a `small` thing:\n\n- one\n- two" };
  return { say: `Answered: ${said.split("\n").at(-1)?.slice(0, 30)}` };
}

async function talk(options: Partial<ModelWorldOptions> = {}, size = { cols: 80, rows: 40 }): Promise<Person> {
  w = await modelWorld({ moves, ...options });
  const one = await person(w, ["chat", "--agent", "openrouter-claude-implementer"], size);
  people.push(one);
  await one.sees("devflow $0 ▸");
  return one;
}

const line = (text: string): string[] => [...[...text].map((key) => (key === " " ? "Space" : key)), "Enter"];

const worktree = async (): Promise<string> => {
  const [run] = await w.json<{ id: string }[]>("runs", "list");
  return (await w.json<{ worktree: string }>("runs", "show", run?.id ?? "")).worktree;
};

/** The talk has ended, and no agent of it is left. */
async function nothingLeft(): Promise<void> {
  expect(await w.json("sessions", "list")).toEqual([]);
  const [run] = await w.json<{ status: string; template: string }[]>("runs", "list");
  expect(run).toMatchObject({ status: "completed", template: "chat@1" });
}

describe.runIf(hasTmux)("a talk with a model", () => {
  test("quotes a file, shows what the agent does and what it costs, is undone, and leaves nothing behind", async () => {
    const one = await talk();
    writeFileSync(join(w.repo, "메모 하나.md"), "quoted words\n");
    await one.paste('look at @"메모 하나.md"\nand say');
    await one.keys("Enter");
    await one.sees("→ read_file README.md");
    await one.sees("It is a small thing:");
    await one.sees("• two");
    await one.sees("devflow $0.0020 ▸");
    const [first] = w.server.requests;
    expect(first?.said).toContain('look at @"메모 하나.md"\nand say');
    expect(first?.said).toContain("quoted words");
    expect(first?.body.tools?.map(({ function: { name } }) => name)).not.toContain("complete");

    await one.keys(...line("write it"));
    await one.sees("→ write_file NOTES.md");
    await one.sees("Answered: write it");
    const path = join(await worktree(), "NOTES.md");
    expect(readFileSync(path, "utf8")).toBe("made\n");
    await one.sees("devflow $0.0040 ▸");
    await one.keys(...line("/undo"));
    await one.sees("as before it: 1 file");
    expect(existsSync(path)).toBe(false);

    await one.keys(...line("/clear"));
    await one.sees("the conversation begins anew");
    await one.keys(...line("/model openai/gpt-other"));
    await one.sees("with openai/gpt-other from now on");
    await one.keys(...line(`who sees ${KEY}`));
    await one.sees("Answered: who sees");
    const newest = w.server.requests.at(-1)?.body;
    expect(newest?.model).toBe("openai/gpt-other");
    expect(newest?.messages.filter(({ role }) => role === "user")).toHaveLength(1);
    expect(JSON.stringify(newest)).not.toContain(KEY);

    // A run of the same branch goes on beside it.
    expect(
      (await w.devflow("run", "review-only", "--goal", "x", "--bind", "reviewer=paper-reviewer", "--yes", "--detach"))
        .code,
    ).toBe(0);
    await one.keys(...line("/quit"));
    expect(await one.ended()).toBe(0);
    await one.sees(/The talk \w+ has ended: 3 turns, \$0\.0050\./);
    expect(readFileSync(join(w.home, "state", "chat-history.jsonl"), "utf8")).toContain('"/undo"');
  }, 180_000);

  test("Ctrl-C stops the agent, and the talk goes on; twice it ends", async () => {
    const one = await talk({ fault: ({ said }) => (said.includes("hang") ? "done" : undefined) });
    await one.keys(...line("hang please"));
    await vi.waitFor(() => expect(w.server.requests).toHaveLength(1), WAIT);
    await one.sees("⋯");
    await one.keys("C-c");
    await one.sees("· interrupted");
    await one.keys(...line("hello"));
    await one.sees("Answered: hello");
    await one.keys("C-c");
    await one.sees("Ctrl-C again ends the talk");
    await one.keys("C-c");
    expect(await one.ended()).toBe(0);
    await nothingLeft();
  }, 180_000);

  test("a talk that was left is gone on with from another terminal", async () => {
    const one = await talk();
    await one.keys(...line("first words"));
    await one.sees("Answered: first words");
    const [run] = await w.json<{ id: string }[]>("runs", "list");
    const other = await person(w, ["chat", "--resume", run?.id ?? ""], { cols: 80, rows: 24 });
    people.push(other);
    await other.sees("devflow $0.0010 ▸");
    await other.keys(...line("second words"));
    await other.sees("Answered: second words");
    await one.sees("Answered: second words");
    await other.keys(...line("/quit"));
    expect(await other.ended()).toBe(0);
    expect(await one.ended()).toBe(0);
    await nothingLeft();
  }, 180_000);

  test("the daemon is killed in the middle of a turn, and the turn is answered all the same, once", async () => {
    const one = await talk({
      fault: ({ said, knock }) => (said.includes("a long one") && knock === 1 ? "done" : undefined),
    });
    await one.keys(...line("a long one"));
    await vi.waitFor(() => expect(w.server.requests).toHaveLength(1), WAIT);
    process.kill(w.daemonPid(), "SIGKILL");
    await one.sees("Answered: a long one");
    await one.keys(...line("still there?"));
    await one.sees("Answered: still there?");
    const said = w.server.requests.at(-1)?.body.messages.filter(({ role }) => role === "user") ?? [];
    expect(said).toHaveLength(2);
    await one.keys(...line("/quit"));
    expect(await one.ended()).toBe(0);
    await nothingLeft();
  }, 180_000);
});
