/** Somebody's first five minutes, at a real terminal: what the tutorial says, typed, and looked at. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, test } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { type Shell, shell } from "../../support/shell.ts";
import { makeRepository } from "../../support/world.ts";

const ROOT = join(import.meta.dirname, "../../..");
const KEY = "sk-or-v1-0123456789abcdef0123456789abcdef";

let folder: string;
let env: Record<string, string>;
let provider: Server;
let sh: Shell | undefined;

afterEach(async () => {
  await sh?.close();
  await execa(process.execPath, [join(ROOT, "bin/devflowd"), "stop"], { env, extendEnv: false, reject: false });
  await new Promise((resolve) => provider.close(resolve));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}, 120_000);

/** A home in which nothing is, and a provider that takes one key. */
async function arrive(cols: number): Promise<Shell> {
  folder = mkdtempSync(join(tmpdir(), "dn-"));
  const repo = join(folder, "hello");
  makeRepository(repo);
  provider = createServer(({ headers }, answer) => {
    answer.writeHead(headers.authorization === `Bearer ${KEY}` ? 200 : 401, { "content-type": "application/json" });
    answer.end('{"data":{}}');
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  const { port } = provider.address() as AddressInfo;
  const home = join(folder, "home");
  env = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    USER: "minji",
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    DEVFLOW_HOME: home,
    PAPER_PACE: "0",
  };
  // What a person without a keyring would write; the provider is at home here.
  const settings = `secrets: { file: true, keyring: false }\nprices: { offline: true }\nproviders:\n  openrouter: { baseUrl: "http://127.0.0.1:${port}/api/v1" }\n`;
  mkdirSync(join(home, "config"), { recursive: true });
  writeFileSync(join(home, "config", "devflow.yaml"), settings);
  sh = await shell({ folder, cwd: repo, env }, { cols, rows: 70 });
  return sh;
}

const RUN =
  'devflow run spec-and-review --goal "Greet people in Korean too" --bind author=paper-author --bind reviewer=paper-reviewer --bind verifier=paper-verifier';

describe.runIf(hasTmux).each([80, 200])("at %i columns", (cols) => {
  test("a newcomer comes from init to a finished run, its costs and its record", async () => {
    const { types } = await arrive(cols);

    const init = await types("devflow init", { asked: [[/\[y\/N\]$/, "y"]] });
    expect(init).toContain("git ");
    expect(init).toMatch(/devflow\.yaml/);

    const doctor = await types("devflow doctor");
    expect(doctor).toMatch(/0 (?:problems|failures)|nothing is wrong|all/i);

    const wrong = await types("devflow login openrouter", {
      asked: [[/OPENROUTER_API_KEY/, "sk-or-v1-not-mine-not-mine"]],
    });
    expect(wrong).toContain("openrouter refused the key (HTTP 401)");
    const login = await types("devflow login openrouter", { asked: [[/OPENROUTER_API_KEY/, KEY]] });
    expect(login).toContain("openrouter takes the key.");
    expect(login).toContain("(…cdef)");
    expect(login).not.toContain(KEY);

    const run = await types(RUN, { asked: [[/\[y\/N\]$/, "y"]] });
    expect(run).toContain("completed");
    expect(run).toMatch(/specify.*accepted|3 of 3/);

    const list = await types("devflow runs list");
    const id = /^(\w{6}) +completed/m.exec(list)?.[1] ?? "";
    expect(list).toContain("Greet people in Korean");
    const report = await types(`devflow runs report ${id}`);
    expect(report).toContain("paper-author@1");
    expect(report).not.toContain("| --- |");
    expect(await types(`devflow costs ${id}`)).toMatch(/unknown|\$0/);
    expect(await types("devflow audit -n 8")).toContain("reported");
    expect(await types("devflow audit verify")).toMatch(/whole/);
  }, 240_000);
});
