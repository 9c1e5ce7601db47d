/** The first run: the page that is agreed to, what is found, the settings that are written, and runs before it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConsentDesk } from "../../src/cli/consent-file.ts";
import type { Ground } from "../../src/cli/doctor/ground.ts";
import { CONSENT_VERSION, type Consent, consentState } from "../../src/domain/consent.ts";
import { devflow, type Setting } from "../support/cli.ts";
import { BEGIN } from "../support/story.ts";

let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "dfi 집 "));
  file = join(home, "config", "devflow.yaml");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function desk(given?: Consent, required = false): ConsentDesk & { given: Consent | undefined } {
  return {
    given,
    async state() {
      return consentState(this.given);
    },
    async give(consent) {
      this.given = consent;
    },
    required: async () => required,
  };
}

const ground = {
  said: async (program: string) =>
    program === "git" ? { kind: "said", text: "git version 2.39.5" } : { kind: "missing" },
  agents: async () => ({
    list: async () => ({
      good: [{ value: { name: "claude" } }, { value: { name: "qwen" } }, { value: { name: "paper" } }],
    }),
    installed: async ({ name }: { name: string }) =>
      name === "qwen" ? {} : { program: "/p", version: "2.1.0", loggedIn: false },
  }),
  keys: async () => ({ secrets: { list: async () => ({ secrets: [{ name: "OPENROUTER_API_KEY" }], troubles: [] }) } }),
  config: async () => ({}),
} as unknown as Ground;

/** Somebody at a terminal who gives these answers. */
function person(...answers: string[]) {
  const questions: string[] = [];
  const ask = async (question: string) => {
    questions.push(question.trim());
    return answers.shift();
  };
  return { questions, terminal: { canAsk: true, ask } };
}
const init = (argv: readonly string[], setting: Setting) =>
  devflow(["init", ...argv], { ground, env: { DEVFLOW_HOME: home }, ...setting });

describe("devflow init", () => {
  test("shows the page, asks, shows what is here, and writes the settings", async () => {
    const consent = desk();
    const { questions, terminal } = person("y", "");
    const { code, err, out } = await init([], { consent, terminal, columns: 80 });
    expect(code).toBe(0);
    expect(questions).toEqual(["Do you agree? [y/N]", `Write ${file}? [Y/n]`]);
    expect(consent.given).toEqual({ version: CONSENT_VERSION, at: BEGIN, by: "kim", how: "asked" });
    expect(err).toMatch(/What agents may do[\s\S]*Where data goes[\s\S]*What is recorded/);
    expect(err).toMatch(
      /git {3,}2\.39\.5\n {2}tmux {3,}not installed\n {2}agents {2,}claude 2\.1\.0 \(not logged in\)\n {2}keys {2,}OPENROUTER_API_KEY/,
    );
    expect(err).not.toContain("qwen");
    expect(out).toContain("devflow doctor checks everything");
    expect(readFileSync(file, "utf8")).toContain("# host:");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const line of (err + out).split("\n")) expect(line.length).toBeLessThanOrEqual(Math.max(80, file.length + 20));
  });

  test("writes nothing for somebody who does not agree", async () => {
    const consent = desk();
    expect((await init([], { consent, ...person("n") })).code).toBe(130);
    expect(consent.given).toBeUndefined();
    expect(existsSync(file)).toBe(false);
  });

  test("on a server takes --accept, and nothing less", async () => {
    const consent = desk();
    const refused = await init(["--yes"], { consent });
    expect(refused.code).toBe(7);
    expect(refused.err).toContain("devflow init --accept");
    expect(consent.given).toBeUndefined();
    const { code, json } = await init(["--accept", "--json"], { consent });
    expect(code).toBe(0);
    expect(json()).toMatchObject({ consent: { kind: "given" }, settings: { kind: "written", path: file } });
    expect(consent.given).toMatchObject({ how: "accepted" });
  });

  test("asks again when what was agreed to has changed, and not otherwise", async () => {
    const old = { version: CONSENT_VERSION - 1, at: BEGIN, by: "lee", how: "asked" as const };
    const again = person("y", "n");
    const { err } = await init([], { consent: desk(old), terminal: again.terminal });
    expect(err).toContain("This has changed since lee agreed to it on");
    const once = person("n");
    await init([], { consent: desk({ ...old, version: CONSENT_VERSION }), terminal: once.terminal });
    expect(once.questions).toEqual([`Write ${file}? [Y/n]`]);
  });

  test("never changes settings that are there, and says which it lacks", async () => {
    mkdirSync(join(home, "config"));
    writeFileSync(file, "host: pty\n");
    const { out, code } = await init(["--accept", "--yes"], { consent: desk() });
    expect(code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("host: pty\n");
    expect(out).toMatch(/left as it is\. It lacks these settings.* resume, .*secrets/);
  });
});

describe("a run that nobody has agreed to", () => {
  const run = ["run", "spec-and-review", "--goal", "g"];
  const client = {
    call: async (method: string) => {
      if (method === "run.preview")
        return {
          estimate: undefined,
          phases: [],
          bindings: [],
          warnings: [],
          goalRemoved: 0,
          goalBytes: 1,
          template: "t",
          description: "",
          repo: "",
          base: "",
          baseCommit: "",
        };
      throw new Error(`asked for ${method}`);
    },
    close: () => {},
  } as unknown as NonNullable<Setting["client"]>;

  test("asks once where somebody is there, and starts nothing without a yes", async () => {
    const consent = desk();
    const { questions, terminal } = person("no");
    expect((await devflow(run, { client, consent, terminal })).code).toBe(130);
    expect(questions).toEqual(["Do you agree? [y/N]"]);
    const yes = person("y", "n");
    await devflow(run, { client, consent, terminal: yes.terminal });
    expect(yes.questions).toEqual(["Do you agree? [y/N]", "Start this run? [y/N]"]);
    const then = person("n");
    await devflow(run, { client, consent, terminal: then.terminal });
    expect(then.questions).toEqual(["Start this run? [y/N]"]);
  });

  test("goes on with a remark where nobody is, unless the settings refuse that", async () => {
    const { err } = await devflow(run, { client, consent: desk() });
    expect(err).toContain("nobody has agreed yet");
    expect(err).toContain("asked for run.start");
    const refused = await devflow(run, { client, consent: desk(undefined, true) });
    expect(refused.code).toBe(7);
    expect(refused.err).not.toContain("asked for run.start");
  });
});
