/** What a wrong request, a closed pipe, an odd home and a full disk get: the built programs, as a user or a script calls them. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { RunView } from "../../src/domain/view.ts";
import { putTemplate } from "../support/paper-template.ts";
import { smallDisk } from "../support/small-disk.ts";
import { type World, world } from "../support/world.ts";

const ROOT = join(import.meta.dirname, "../..");
const isRoot = process.getuid?.() === 0;

const disk = smallDisk();
afterAll(() => disk?.remove());

let w: World;
beforeAll(async () => {
  w = world();
  putTemplate(w.home, "one", [{ id: "one" }]);
  await w.devflowd("start"); // so that no command has to say that it does
});
afterAll(() => w.close(), 60_000);

/** The same devflow elsewhere: in another home, with other variables. */
async function elsewhere(env: Record<string, string | undefined>, act: () => Promise<void>): Promise<void> {
  const before = { ...w.env };
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete w.env[name];
    else w.env[name] = value;
  }
  try {
    await act();
  } finally {
    await w.devflowd("stop");
    Object.assign(w.env, before);
  }
}

describe("a wrong request", () => {
  const calls: readonly (readonly [args: string[], exit: number, code: string, message: string, hint: string])[] = [
    [["run.lst"], 2, "usage.arguments", "there is no method run.lst", "did you mean: run.list"],
    [
      ["run.list", "{bad"],
      2,
      "usage.arguments",
      "the parameters are not JSON: line 1, column 2: a property name in double quotes or } is missing",
      "devflow ctl call --help shows how it is used",
    ],
    [
      ["run.list", "3"],
      2,
      "usage.arguments",
      "the parameters must be a JSON object",
      "devflow ctl call --help shows how it is used",
    ],
    [
      ["run.list", '{"limit":0,"limt":1}'],
      2,
      "protocol.invalid_params",
      'run.list: limit: at least 1 is needed; "limt" is not known here',
      "devflow ctl methods run.list shows the parameters",
    ],
    [["run.show", '{"run":"nope"}'], 4, "run.not_found", "there is no run nope", "devflow runs list shows them"],
    [
      ["run.list", "@none.json"],
      8,
      "input.unreadable",
      "…/none.json cannot be read: there is no such file",
      "@FILE and - take UTF-8 text",
    ],
    [
      ["run.list", "@/dev/zero"],
      1,
      "protocol.too_large",
      "the request is over 1048576 bytes",
      "put large text into a file of the repository and name it",
    ],
  ];

  test("says what is wrong and what to do, and is one JSON document with --json", async () => {
    for (const [args, code, name, message, hint] of calls) {
      const said = (text: string) => text.replace(w.repo, "…");
      const plain = await w.devflow("ctl", "call", ...args);
      expect({ ...plain, err: said(plain.err) }).toEqual({
        code,
        out: "",
        err: `devflow: ${message} (${name})\n  ${hint}`,
      });
      const json = await w.devflow("ctl", "call", ...args, "--json");
      expect([json.code, json.out]).toEqual([code, ""]);
      expect(JSON.parse(said(json.err))).toMatchObject({ error: { code: name, message, hint } });
    }
    expect((await w.devflow("ctl", "ping")).code).toBe(0);
  }, 300_000);

  test.each(["frobnicate", "run", "runs show", "--bogus", "runs list --limit none"])(
    "%s: a misspelt command line ends with 2, with --json too",
    async (typed) => {
      const words = typed.split(" ");
      const ran = await w.devflow(...words, "--json");
      expect([ran.code, ran.out, Object.keys(JSON.parse(ran.err))]).toEqual([2, "", ["error"]]);
      const plain = await w.devflow(...words);
      expect([plain.code, plain.err.split("\n").length]).toEqual([2, 2]);
    },
  );
});

describe("an output that nobody reads", () => {
  /** Runs a program and closes its output after the first bytes. */
  async function cutShort(program: string, args: readonly string[]): Promise<{ code: number | null; err: string }> {
    const child = spawn(process.execPath, [join(ROOT, "bin", program), ...args], { cwd: w.repo, env: w.env });
    let err = "";
    child.stdin.end();
    child.stdout.once("data", () => child.stdout.destroy());
    child.stderr.on("data", (chunk: Buffer) => {
      err += String(chunk);
      child.stderr.destroy();
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return { code, err };
  }

  test.each([
    ["devflow", "--help"],
    ["devflow", "templates list"],
    ["devflow", "ctl methods"],
    ["devflowd", "status"],
    ["devflowd", "logs"],
  ])("%s %s ends without a word", async (program, words) => {
    expect(await cutShort(program, words.split(" "))).toEqual({ code: 0, err: "" });
  });

  test("a run that is shown to nobody any more goes on by itself; its command ends", async () => {
    const { code } = await cutShort("devflow", ["run", "one", "--goal", "Go on", "--yes"]);
    expect(code).toBe(130);
    await vi.waitFor(async () => expect(await w.latest()).toMatchObject({ status: "completed" }), 20_000);
  }, 300_000);

  test.skipIf(process.platform !== "linux")(
    "an output that cannot be written is said in a line, and ends with 1",
    () => {
      for (const [program, verb] of [
        ["devflow", ["runs", "list"]],
        ["devflowd", ["status"]],
      ] as const) {
        const full = openSync("/dev/full", "w");
        const argv = [join(ROOT, "bin", program), ...verb];
        const ran = spawnSync(process.execPath, argv, {
          env: w.env,
          stdio: ["ignore", full, "pipe"],
          encoding: "utf8",
        });
        closeSync(full);
        expect([ran.status, ran.stderr]).toEqual([1, `${program}: the output cannot be written: the disk is full\n`]);
      }
    },
  );
});

describe("a home", () => {
  const config = (home: string): void => {
    mkdirSync(join(home, "config"), { recursive: true });
    writeFileSync(join(home, "config", "devflow.yaml"), "paper: true\n");
    putTemplate(home, "one", [{ id: "one" }]);
  };

  test.each([
    ["with spaces, quotes and Korean in its path", (folder: string) => join(folder, "내 집 'x' \"y\" $z")],
    ["whose path is longer than any socket's may be", (folder: string) => join(folder, "길".repeat(60))],
  ])(
    "%s is as good as any, also without HOME",
    async (_, place) => {
      const home = place(w.folder);
      config(home);
      await elsewhere({ DEVFLOW_HOME: home, HOME: undefined }, async () => {
        const ran = await w.devflow("run", "one", "--goal", "x", "--yes", "--json");
        expect([ran.code, (JSON.parse(ran.out) as RunView).worktree?.startsWith(home)]).toEqual([0, true]);
      });
    },
    60_000,
  );

  const UNUSABLE: readonly (readonly [what: string, skip: boolean, make: () => string, problem: string])[] = [
    [
      "below a file",
      false,
      () => join(w.repo, "README.md", "home"),
      "run cannot be used: a part of the path is not a directory",
    ],
    [
      "where nothing can be made",
      process.platform !== "linux",
      () => "/proc/devflow",
      "state cannot be used: there is no such file",
    ],
    [
      "without permission (root has it anyway)",
      isRoot,
      () => {
        const closed = join(w.folder, "closed");
        mkdirSync(closed, { recursive: true });
        chmodSync(closed, 0o500);
        return join(closed, "home");
      },
      "state cannot be used: permission is denied",
    ],
  ];
  for (const [what, skip, make, problem] of UNUSABLE)
    test.skipIf(skip)(
      `${what} is refused by name`,
      async () => {
        const home = make();
        await elsewhere({ DEVFLOW_HOME: home }, async () => {
          for (const ran of [await w.devflow("runs", "list"), await w.devflowd("start")]) {
            expect(ran.code).toBe(2);
            expect(ran.err).toContain(`: ${home}/${problem}`);
          }
        });
      },
      60_000,
    );
});

describe("a full disk", () => {
  test.skipIf(!disk)(
    "stops nothing for good: runs wait, requests are told, and all goes on when there is room (needs root and mount)",
    async () => {
      if (!disk) return;
      const full = world({ scenario: { phases: { "*": [{ wait: 1_500 }, { write: "whole" }] } } });
      const log = async (): Promise<string> => (await full.devflowd("logs")).out;
      try {
        // Only devflow's own records are on it: what an agent does without room is its own affair.
        mkdirSync(join(full.folder, "worktrees"));
        symlinkSync(join(full.folder, "worktrees"), join(disk.path, "worktrees"));
        symlinkSync(disk.path, join(full.home, "data"));
        putTemplate(full.home, "two", [{ id: "one" }, { id: "two", approval: "before" }]);
        await full.devflowd("start");
        await full.devflowd("stop");
        disk.fill();
        const started = await full.devflow("runs", "list");
        expect([started.code, started.err]).toEqual([1, expect.stringContaining("(storage.full)\n  make room")]);
        disk.free();

        await full.devflow("run", "two", "--goal", "Have patience", "--yes", "--detach");
        const id = (await full.latest())?.id ?? "";
        await vi.waitFor(async () => expect(await full.prompts()).toHaveLength(1), 20_000);
        disk.fill();
        const told = async (): Promise<string[]> =>
          (await full.json<{ problems: { code: string }[] }>("ctl", "status")).problems.map(({ code }) => code);
        await vi.waitFor(async () => expect(await told()).toContain("storage.full"), 20_000);
        expect(await log()).toMatch(/storage\.full|cannot be written down yet/);
        expect((await full.show(id)).status).toBe("running");
        const refused = await full.devflow("run", "two", "--goal", "x", "--base", "HEAD~0", "--yes", "--json");
        expect([refused.code, JSON.parse(refused.err)]).toMatchObject([1, { error: { code: "storage.full" } }]);
        disk.free();
        await vi.waitFor(async () => expect((await full.show(id)).status).toBe("waiting"), 30_000);

        disk.fill();
        const approved = await full.devflow("approve", id);
        expect([approved.code, approved.err]).toEqual([1, expect.stringContaining("(storage.full)\n  make room")]);
        await full.devflowd("restart"); // whether it comes up without room depends on what the stop gave back
        disk.free();
        expect((await full.devflow("approve", id)).code).toBe(0);
        await vi.waitFor(async () => expect((await full.show(id)).status).toBe("completed"), 30_000);
        expect((await full.prompts()).map(({ phase }) => phase)).toEqual(["one", "two"]);
      } finally {
        disk.free();
        await full.close();
      }
    },
    120_000,
  );
});
