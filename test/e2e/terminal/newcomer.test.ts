/** Somebody's first five minutes, at a real terminal: what the tutorial says, typed, and looked at. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, test } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { fences, pages } from "../../support/pages.ts";
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
async function arrive(cols: number, language: "en" | "ko"): Promise<Shell> {
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
    DEVFLOW_LANG: language,
    PAPER_PACE: "0",
  };
  // What a person without a keyring would write; the provider is at home here.
  const settings = `secrets: { file: true, keyring: false }\nprices: { offline: true }\nproviders:\n  openrouter: { baseUrl: "http://127.0.0.1:${port}/api/v1" }\n`;
  mkdirSync(join(home, "config"), { recursive: true });
  writeFileSync(join(home, "config", "devflow.yaml"), settings);
  sh = await shell({ folder, cwd: repo, env }, { cols, rows: 70, name: `${cols}-${language}` });
  return sh;
}

const RUN =
  'devflow run spec-and-review --goal "Greet people in Korean too" --bind author=paper-author --bind reviewer=paper-reviewer --bind verifier=paper-verifier';

/** What each language says where a newcomer looks. */
const SAID = {
  en: {
    refused: "openrouter refused the key (HTTP 401)",
    taken: "openrouter takes the key.",
    completed: "completed",
    whole: "the audit record is whole",
    noUsage: "No usage is reported by paper-author@1",
  },
  ko: {
    refused: "HTTP 401",
    taken: "openrouter",
    completed: "완료",
    whole: "감사 기록이 온전합니다",
    noUsage: "사용량을 알려 주지 않아",
  },
} as const;

describe.runIf(hasTmux).each([
  [80, "en"],
  [200, "en"],
  [80, "ko"],
  [200, "ko"],
] as const)("at %i columns, in %s", (cols, language) => {
  const said = SAID[language];
  /** The steps of the tutorial that were typed, without what differs. */
  const typed: string[] = [];

  test("a newcomer comes from init to a finished run, its costs and its record, as the tutorial says", async () => {
    const there = await arrive(cols, language);
    const types: Shell["types"] = (line, typing) => {
      typed.push(line.replace(/ \w{6}$/, (id) => (/[0-9A-Z]{6}/.test(id) ? " RUN" : id)));
      return there.types(line, typing);
    };

    const init = await types("devflow init", { asked: [[/\[y\/N\]$/, "y"]] });
    expect(init).toMatch(/^ {2}git +\d/m);
    expect(init).toContain("devflow.yaml");

    const doctor = await types("devflow doctor");
    expect(doctor).toMatch(/^✓ node +Node \d/im);
    expect(doctor).not.toMatch(/^✗/m);

    const wrong = await types("devflow login openrouter", {
      asked: [[/OPENROUTER_API_KEY/, "sk-or-v1-not-mine-not-mine"]],
    });
    expect(wrong).toContain(said.refused);
    const login = await types("devflow login openrouter", { asked: [[/OPENROUTER_API_KEY/, KEY]] });
    expect(login).toContain(said.taken);
    expect(login).toContain("(…cdef)");
    expect(login).not.toContain(KEY);

    const run = await types(RUN, { asked: [[/\[y\/N\]$/, "y"]] });
    expect(run).toMatch(new RegExp(`^✓ spec-and-review@1 +\\w{6} +${said.completed}`, "m"));

    const list = await types("devflow runs list");
    const id = new RegExp(`^(\\w{6}) +${said.completed}`, "m").exec(list)?.[1] ?? "";
    expect(list).toContain("Greet people in Korean");
    const report = await types(`devflow runs report ${id}`);
    expect(report).toContain("paper-author@1");
    expect(report).not.toContain("| --- |");
    expect(await types(`devflow costs ${id}`)).toContain(said.noUsage);
    const talk = await types("devflow chat --agent paper-author", {
      asked: [
        [/devflow \$0 ▸$/, "What does @README.md say?"],
        [/devflow \$\? ▸$/, "/quit"],
      ],
    });
    expect(talk).toContain("• Understood.");
    expect(await types("devflow audit -n 8")).toMatch(/^.* {2}reported/m);
    expect(await types("devflow audit verify")).toContain(said.whole);

    const tutorial = pages().find(({ path }) => path === "docs/tutorial.md");
    const steps = tutorial ? fences(tutorial, "sh").flatMap((text) => text.trimEnd().split("\n")) : [];
    expect(steps.map((step) => step.replace(/ [0-9A-Z]{6}$/, " RUN"))).toEqual([...new Set(typed)]);
  }, 240_000);
});
