/** devflow doctor: what it makes of what it finds, what it puts right, and that nothing can hold it up. */
import { describe, expect, test } from "vitest";
import type { KeyVerdict, Said } from "../../src/cli/compose/offers.ts";
import { type Examined, examine } from "../../src/cli/doctor/check.ts";
import type { Ground } from "../../src/cli/doctor/ground.ts";
import { machineChecks } from "../../src/cli/doctor/machine.ts";
import { ownChecks } from "../../src/cli/doctor/own.ts";
import { settingsChecks } from "../../src/cli/doctor/settings.ts";
import { Config } from "../../src/domain/config.ts";
import { Failure } from "../../src/domain/failure.ts";
import { providersOf } from "../../src/domain/provider.ts";
import { devflow } from "../support/cli.ts";
import { BEGIN } from "../support/story.ts";

const ALL = { ...machineChecks, ...settingsChecks, ...ownChecks };

const PROGRAMS: Record<string, Said> = {
  git: { kind: "said", text: "git version 2.39.5" },
  tmux: { kind: "said", text: "tmux 3.6" },
  bwrap: { kind: "said", text: "" },
  docker: { kind: "missing" },
};

const shelf = (count: number) => ({
  list: async () => ({ good: Array.from({ length: count }, () => ({ warnings: [] })), broken: [] }),
});

/** A machine where all is well, but for what is given. */
function ground(different: object = {}): Ground {
  const modes: [string, number][] = [];
  const all = {
    env: { LANG: "ko_KR.UTF-8" },
    uid: 1000,
    version: "1.2.3",
    node: "20.20.2",
    sqliteAsksAtItsEnd: async () => true,
    places: {
      config: "/h/config",
      data: "/h/data",
      state: "/h/state",
      cache: "/h/cache",
      runtime: "/h/run",
      socket: "/h/run/devflowd.sock",
      guarded: ["/h/run"],
    },
    config: async () => Config.parse({}),
    said: async (program: string) => PROGRAMS[program] ?? { kind: "missing" },
    agents: async () => ({
      list: async () => ({
        good: [
          { value: { name: "claude", binary: { command: "claude" } }, source: "", origin: "shipped" },
          { value: { name: "codex", binary: { command: "codex" } }, source: "", origin: "shipped" },
          { value: { name: "qwen", binary: { command: "qwen" } }, source: "", origin: "shipped" },
        ],
        broken: [],
      }),
      installed: async ({ name }: { name: string }) =>
        name === "qwen" ? {} : { program: `/bin/${name}`, version: "1.0.0", loggedIn: true },
    }),
    definitions: async () => ({ personas: shelf(48), templates: shelf(3), schemas: shelf(9) }),
    keys: async () => chest({ kind: "accepted" }),
    keyring: async () => undefined,
    secretsFile: "/h/config/secrets.json",
    database: async () => ({ kind: "good", bytes: 3 * 1024 * 1024, whole: true }),
    freeBytes: async () => 50 * 1024 ** 3,
    rightsOf: async (path: string) =>
      path.endsWith(".json") ? undefined : { directory: true, link: false, uid: 1000, mode: 0o40700 },
    setMode: async (path: string, mode: number) => void modes.push([path, mode]),
    checkPlaces: () => {},
    running: async () => daemon("1.2.3"),
    consent: async () => ({ kind: "given", consent: { version: 1, at: BEGIN, by: "kim", how: "asked" } }),
    shippedPrices: async () => "2025-10-01",
    installedAt: async () => BEGIN - 1,
    now: () => BEGIN,
    modes,
    ...different,
  };
  return all as unknown as Ground;
}
const chest = (verdict: KeyVerdict) => ({
  providers: providersOf({}),
  secrets: { find: async () => "sk-or-v1-0123456789abcdef" },
  check: async () => verdict,
});
const daemon = (
  version: string,
  catalogue: object = { fetchedAt: BEGIN, stale: false },
  problems: readonly object[] = [],
) => ({
  call: async (method: string) => (method === "daemon.ping" ? { pid: 42, version } : { catalogue, problems }),
});
const found = async (check: string, different: object): Promise<Examined[]> =>
  (await examine({ [check]: ALL[check] ?? (async () => []) }, ground(different), { fix: false })) as Examined[];

test("a machine where all is well is well in every check, and there are many", async () => {
  const checks = await examine(ALL, ground(), { fix: false });
  expect(checks.filter(({ level }) => level !== "ok")).toEqual([]);
  expect(Object.keys(ALL).length).toBeGreaterThanOrEqual(16);
  expect(new Set(checks.map(({ check }) => check))).toEqual(new Set(Object.keys(ALL)));
});

const refusal = () => {
  throw new Failure("config.invalid", { where: "/h/config/devflow.yaml:2:1", problem: "unknown setting" });
};
const foreign = async () => ({ directory: true, link: false, uid: 0, mode: 0o40700 });
const open = async () => ({ directory: true, link: false, uid: 1000, mode: 0o40777 });
const broken = {
  list: async () => ({ good: [], broken: [{ source: "x", error: new Failure("definition.invalid") }] }),
};

test("what a daemon's runs wait for is told beside that it runs", async () => {
  const problem = { code: "machine.no_processes", message: "no more processes can be started", hint: "end some" };
  const running = async () => daemon("1.2.3", undefined, [problem]);
  expect(await found("daemon", { running })).toMatchObject([
    { level: "ok" },
    { level: "warn", said: problem.message, todo: problem.hint },
  ]);
});

describe("what is wrong is told, with what to do", () => {
  test.each<[string, "warn" | "fail", object, RegExp]>([
    ["node", "fail", { node: "18.1.0" }, /18\.1\.0 is too old/],
    ["node", "fail", { node: "24.21.0" }, /24\.21\.0 has a fault that ends devflowd/],
    ["git", "fail", { said: async () => ({ kind: "missing" }) }, /not installed/],
    ["git", "fail", { said: async () => ({ kind: "said", text: "git version 2.20.1" }) }, /2\.20\.1 is too old/],
    ["tmux", "warn", { said: async () => ({ kind: "missing" }) }, /not installed/],
    ["tmux", "warn", { said: async () => ({ kind: "said", text: "tmux 3.1c" }) }, /3\.1 is too old/],
    [
      "tmux",
      "fail",
      { said: async () => ({ kind: "missing" }), config: async () => Config.parse({ host: "tmux" }) },
      /not installed/,
    ],
    ["bubblewrap", "warn", { said: async () => ({ kind: "failed", text: "no permissions" }) }, /no permissions/],
    ["docker", "warn", { said: async () => ({ kind: "late" }) }, /does not answer/],
    ["disk", "warn", { freeBytes: async () => 500 * 1024 ** 2 }, /0\.5 GB free/],
    ["disk", "fail", { freeBytes: async () => 50 * 1024 ** 2 }, /0\.0 GB free/],
    ["clock", "fail", { now: () => 0 }, /behind the day/],
    ["locale", "warn", { env: { LANG: "C" } }, /locale C is not UTF-8/],
    ["config", "fail", { config: refusal }, /devflow\.yaml:2:1: unknown setting/],
    ["consent", "warn", { consent: async () => ({ kind: "missing" }) }, /nobody has agreed/],
    ["consent", "warn", { consent: async () => ({ kind: "outdated" }) }, /has changed since/],
    ["templates", "fail", { definitions: async () => ({ templates: broken }) }, /:/],
    ["directories", "fail", { rightsOf: foreign }, /belongs to somebody else/],
    ["directories", "fail", { rightsOf: open }, /others can write/],
    ["daemon", "fail", { running: async () => daemon("1.0.0") }, /as version 1\.0\.0, this is 1\.2\.3/],
    ["database", "fail", { database: async () => ({ kind: "damaged", problem: "page 3" }) }, /is damaged: page 3/],
    ["database", "fail", { database: async () => ({ kind: "newer", found: 9, known: 3 }) }, /newer devflow/],
    ["keyring", "warn", { keyring: async () => ({ trouble: "locked", said: "" }) }, /is locked/],
    ["keyring", "warn", { keyring: async () => ({ trouble: "no_provider", said: "" }) }, /no keyring program/],
    ["keys_file", "fail", { rightsOf: open }, /open to others/],
    ["model_keys", "fail", { keys: async () => chest({ kind: "refused", status: 401 }) }, /refuses the key/],
    [
      "prices",
      "warn",
      { running: async () => daemon("1.2.3", { fetchedAt: BEGIN - 9 * 86_400_000, stale: true }) },
      /fetched/,
    ],
  ])("%s: %s", async (check, level, different, said) => {
    const findings = await found(check, different);
    const [finding] = findings.filter((one) => one.level === level);
    expect(finding?.said).toMatch(said);
    expect(finding?.todo ?? "").not.toBe("");
  });

  test("an agent that is not logged in is, and one that is not installed is no trouble", async () => {
    const shelf = await ground().agents();
    const agents = async () => ({ ...shelf, installed: async () => ({ program: "/p", loggedIn: false }) });
    expect(await found("agents", { agents })).toMatchObject([{ level: "warn" }, { level: "warn" }, { level: "warn" }]);
    expect((await found("agents", {})).at(-1)).toMatchObject({ level: "ok", said: "not installed: qwen" });
  });

  test("an agent in a version that its profile is not made for is told", async () => {
    const shelf = await ground().agents();
    const list = async () => {
      const { good, broken } = await shelf.list();
      return { good: good.map((one) => ({ ...one, value: { ...one.value, versions: ">=2" } })), broken };
    };
    const [first] = await found("agents", { agents: async () => ({ ...shelf, list }) });
    expect(first).toMatchObject({ level: "warn", said: expect.stringContaining("claude 1.0.0") });
  });

  test("SQLite that a Node without the fault has, or that was not compiled with it, is fine", async () => {
    expect(await found("node", { node: "26.10.0" })).toMatchObject([{ level: "ok" }]);
    const readyMade = { node: "24.21.0", sqliteAsksAtItsEnd: async () => false };
    expect(await found("node", readyMade)).toMatchObject([{ level: "ok" }]);
  });

  test("a key that could not be checked is none: nobody is to blame for a network that is down", async () => {
    const keys = async () => chest({ kind: "unknown", problem: "it cannot be reached: ENOTFOUND" });
    expect(await found("model_keys", { keys })).toMatchObject([{ level: "warn" }]);
    expect((await devflow(["doctor"], { ground: ground({ keys }) })).code).toBe(0);
  });

  test("no desktop, and so no keyring, is an ordinary server", async () => {
    const keyring = async () => ({ trouble: "no_bus", said: "" });
    expect(await found("keyring", { keyring })).toMatchObject([{ level: "ok" }]);
  });
});

describe("devflow doctor", () => {
  test("exits with 1 when something fails, and with 0 when it was put right", async () => {
    const here = ground({ rightsOf: open }) as Ground & { modes: unknown[] };
    const told = await devflow(["doctor"], { ground: here });
    expect(told.code).toBe(1);
    expect(told.out).toContain("devflow doctor --fix does it");
    expect(here.modes).toEqual([]);
    const fixed = await devflow(["doctor", "--fix", "--json"], { ground: here });
    expect(fixed.code).toBe(0);
    expect(fixed.json()).toMatchObject({ healthy: true });
    expect(here.modes).toContainEqual(["/h/data", 0o700]);
    expect(here.modes).toContainEqual(["/h/config/secrets.json", 0o600]);
  });

  test("goes on without a check that never answers, and without one that breaks", async () => {
    const never = () => new Promise<never>(() => {});
    const checks = await examine(
      {
        silent: never,
        breaks: async () => Promise.reject(new Error("oops")),
        good: async () => ({ level: "ok", said: "x" }),
      },
      ground(),
      { fix: false, limitMs: 20 },
    );
    expect(checks).toMatchObject([
      { check: "silent", level: "warn", said: "not known: it has not answered within 0.02 s" },
      { check: "breaks", level: "fail", said: "oops" },
      { check: "good", level: "ok" },
    ]);
  });

  test.each([80, 120])("is drawn for %i columns", async (columns) => {
    const here = ground({
      consent: async () => ({ kind: "missing" }),
      keyring: async () => ({ trouble: "no_collection", said: "" }),
      running: async () => daemon("1.0.0"),
    });
    const { out } = await devflow(["doctor"], { ground: here, columns });
    await expect(out).toMatchFileSnapshot(`golden/doctor-${columns}.txt`);
  });
});
