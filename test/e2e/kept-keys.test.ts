/** Keys that are kept, on their way to agents: into the environment of the one session that names them, and nowhere else. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AuditLine } from "../../src/domain/audit.ts";
import { begin } from "../support/live-run.ts";
import { sessionOf } from "../support/person.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { type World, world } from "../support/world.ts";

let w: World;
afterEach(() => w?.close(), 300_000);

const KEY = "kept-0123456789-abcdefghij-ABCDEFGHIJ";
const OTHER = "other-9876543210-qwertyuiop-QWERTYUIOP";
const PAPER = ["PAPER_SCENARIO", "PAPER_JOURNAL", "PAPER_PACE"];

/** Whose environment or arguments have a text, by the role of their session. */
function holders(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const read = (what: string): string => {
        try {
          return readFileSync(`/proc/${pid}/${what}`, "utf8");
        } catch {
          return "";
        }
      };
      if (read("cmdline").includes(text)) return ["a command line"];
      const env = read("environ");
      return env.includes(text) ? [/DEVFLOW_SESSION=(\w+)/.exec(env)?.[1] ?? "another process"] : [];
    });
}

test.runIf(process.platform === "linux")(
  "a kept key is in the environment of the sessions whose persona names it, of each kind, and of no other process",
  async () => {
    w = world({
      config: "secrets: { file: true, keyring: false }\n",
      scenario: { phases: { write: [{ wait: 600_000 }], look: [{ wait: 600_000 }], plain: [{ wait: 600_000 }] } },
    });
    expect((await w.withInput(KEY, "keys", "set", "AUTHOR_API_KEY")).code).toBe(0);
    expect((await w.devflow("ctl", "ping")).code).toBe(0); // from here on a daemon runs
    expect((await w.withInput(OTHER, "keys", "set", "UNUSED_API_KEY")).code).toBe(0);
    const worker = { capabilities: ["implement"], agent: "paper", family: "paper" };
    addPersona(w, "in-a-pane", { ...worker, adapter: "terminal", env: ["AUTHOR_API_KEY", "NO_SUCH_TOKEN", ...PAPER] });
    addPersona(w, "without", { ...worker, adapter: "headless", env: ["AUTHOR_API_KEY", ...PAPER] });
    addPersona(w, "plain", { ...worker, adapter: "terminal", env: PAPER });
    addTemplate(w, "kept", { write: {}, look: {}, plain: {} });
    const bind = ["--bind", "write=in-a-pane", "--bind", "look=without", "--bind", "plain=plain"];
    const run = await begin(w, "kept", "--goal", "x", ...bind);
    const [write, look] = await Promise.all([sessionOf(w, "write", "working"), sessionOf(w, "look", "working")]);
    await sessionOf(w, "plain", "working");
    await run.event("prompt.delivered", ({ phase }) => phase === "look");

    expect([...new Set(holders(KEY))].sort()).toEqual([write.id, look.id].sort());
    expect(holders(OTHER)).toEqual([]);
    expect((await w.devflow("runs", "cancel", run.id)).code).toBe(0);
    await run.ends("cancelled");
    const files = readdirSync(w.home, { recursive: true, encoding: "utf8" }).map((name) => join(w.home, name));
    const plain = files.filter((file) => lstatSync(file).isFile() && !file.endsWith("secrets.json"));
    expect(plain.length).toBeGreaterThan(5);
    for (const file of plain) expect(readFileSync(file, "latin1"), file).not.toContain(KEY);
  },
  300_000,
);

test("who has kept, deleted and limited what is in the audit record, with a daemon and without", async () => {
  w = world({ config: "secrets: { file: true, keyring: false }\n", env: { USER: "minji" } });
  expect((await w.withInput(KEY, "login", "openrouter", "--no-check")).code).toBe(0); // no daemon runs
  expect((await w.devflow("ctl", "ping")).code).toBe(0);
  expect((await w.withInput(OTHER, "keys", "set", "OTHER_API_KEY")).code).toBe(0);
  expect((await w.devflow("budget", "set", "5", "--day")).code).toBe(0);
  expect((await w.devflow("keys", "delete", "OTHER_API_KEY")).code).toBe(0);
  expect((await w.devflowd("stop")).code).toBe(0);
  expect((await w.devflow("logout", "openrouter")).code).toBe(0);

  const { out } = await w.devflow("audit", "-n", "100", "--json");
  const lines = out.split("\n").map((text) => AuditLine.parse(JSON.parse(text)));
  const place = ["file"];
  expect(lines.map(({ kind, what, by, about }) => ({ kind, what, by, about }))).toEqual([
    {
      kind: "login",
      what: "logged in",
      by: "minji",
      about: { provider: "openrouter", name: "OPENROUTER_API_KEY", places: place },
    },
    { kind: "secret", what: "kept", by: "minji", about: { name: "OTHER_API_KEY", places: place } },
    { kind: "budget", what: "set", by: "minji", about: { scope: "day", usd: "5", policy: "block" } },
    { kind: "secret", what: "deleted", by: "minji", about: { name: "OTHER_API_KEY", places: place } },
    {
      kind: "login",
      what: "logged out",
      by: "minji",
      about: { provider: "openrouter", name: "OPENROUTER_API_KEY", places: place },
    },
  ]);
  expect((await w.devflow("audit", "verify")).code).toBe(0);
}, 300_000);
