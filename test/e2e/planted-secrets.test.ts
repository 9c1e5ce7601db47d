/** Fifty secrets are used in a run, and told by agents and people in every way: afterwards devflow has written none of them down. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { hasTmux } from "../support/has-tmux.ts";
import { begin, type LiveRun, liveRun, tmux } from "../support/live-run.ts";
import { ARTIFACTS, KEY, modelWorld } from "../support/model-world.ts";
import { sessionOf, WAIT } from "../support/person.ts";
import { addPersona, addTemplate } from "../support/shelf.ts";
import { type World, world } from "../support/world.ts";

let w: World;
afterEach(() => w?.close(), 300_000);

/** As random as a key, and the same each time. */
function drawn(seed: number, length: number): string {
  let state = seed * 2_654_435_761;
  return Array.from({ length }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    return "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"[state % 56] ?? "";
  }).join("");
}

/** Known by value, since the daemon has them in variables that are called like secrets. */
const NAMED = Object.fromEntries(
  Array.from({ length: 20 }, (_, n) => [
    `PLANTED_${String.fromCharCode(65 + n)}_TOKEN`,
    `${drawn(n + 1, 12)} 비밀 "${n}" ${drawn(n + 50, 8)}`,
  ]),
);
const AUTHOR_KEY = `au-${drawn(101, 30)}`;
const REVIEWER_KEY = `re-${drawn(102, 30)}`;
const DATABASE_PASSWORD = drawn(103, 18);
const OWN = {
  AUTHOR_API_KEY: AUTHOR_KEY,
  REVIEWER_API_KEY: REVIEWER_KEY,
  DATABASE_URL: `postgres://app:${DATABASE_PASSWORD}@localhost/app`,
};
/** Known by their shapes alone: nobody has told devflow of them. In pieces, for those who search repositories for keys. */
const SHAPED = [
  ...[
    "sk-or-v1-",
    "sk-ant-api03-",
    "sk-ant-oat01-",
    "sk-proj-",
    "AIza",
    "ghp_",
    "npm_",
    "glpat-",
    "lsv2_pt_",
    "hf_",
    "gsk_",
  ].flatMap((start, n) => [
    `${start}${drawn(n + 200, start === "AIza" ? 35 : 48)}`,
    `${start}${drawn(n + 300, start === "AIza" ? 35 : 60)}`,
  ]),
  ["xoxb", "123456789012", "1234567890123", drawn(400, 24)].join("-"),
  ["AK", "IA", "QWERTZUIOPASDFGH"].join(""),
  `ey${"J"}${drawn(401, 30)}.eyJ${drawn(402, 60)}.${drawn(403, 43)}`,
  `GOC${"SPX-"}${drawn(404, 28)}`,
  `ya${"29."}${drawn(405, 60)}`,
];
const SECRETS: readonly string[] = [...Object.values(NAMED), AUTHOR_KEY, REVIEWER_KEY, DATABASE_PASSWORD, ...SHAPED];

/** What an agent might print of secrets: plain, in JSON, in base64, in a URL, in colours, in a string for the terminal. */
function shown(secrets: readonly string[]): unknown[] {
  const known = secrets.filter((secret) => !SHAPED.includes(secret));
  const coloured = (secret: string): string =>
    [...secret].map((char, n) => (n % 7 === 0 ? `\u001b[3${n % 8}m${char}` : char)).join("");
  return [
    { say: `I have found ${secrets.join(" and ")} in a file` },
    { read: JSON.stringify({ found: secrets }) },
    { say: known.map((secret) => Buffer.from(`user:${secret}`).toString("base64")).join(" ") },
    { say: known.map(encodeURIComponent).join(" ") },
    { raw: secrets.map((secret) => `\u001b7\u001b[1;1H\u001b[2K${coloured(secret)}\u001b[0m\u001b8`).join("") },
    { raw: secrets.map((secret) => `\u001b]1337;note=${secret}\u0007`).join("") },
  ];
}

test("no secret of a planted set is in any file, answer or process that it does not belong to", async () => {
  expect(SECRETS.length).toBeGreaterThanOrEqual(50);
  const [goal = "", comment = "", message = "", ...more] = SHAPED;
  const acts = shown(SECRETS);
  w = world({
    scenario: {
      phases: {
        specify: [...acts, { write: "whole" }],
        check: [{ write: "whole" }],
        look: {
          1: [...acts, { write: "whole", artifact: { summary: SECRETS.join(" "), files: [] } }],
          "*": [{ write: "whole" }],
        },
        "*": [{ say: "taken" }],
      },
    },
    env: {
      ...NAMED,
      ...OWN,
    },
  });
  const worker = { capabilities: ["implement"], agent: "paper", family: "paper" };
  addPersona(w, "writer", {
    ...worker,
    adapter: "terminal",
    env: ["AUTHOR_API_KEY", "PAPER_SCENARIO", "PAPER_JOURNAL", "PAPER_PACE"],
  });
  addPersona(w, "looker", {
    ...worker,
    adapter: "headless",
    env: ["REVIEWER_API_KEY", "PAPER_SCENARIO", "PAPER_JOURNAL", "PAPER_PACE"],
  });
  addPersona(w, "checker", {
    ...worker,
    adapter: "terminal",
    env: ["REVIEWER_API_KEY", "PAPER_SCENARIO", "PAPER_JOURNAL", "PAPER_PACE"],
  });
  const phases = { specify: { approval: "after" }, check: { needs: ["specify"] }, look: { needs: ["check"] } };
  addTemplate(w, "planted", phases);

  const told = `Do it with ${goal} and ${NAMED.PLANTED_A_TOKEN}, ${AUTHOR_KEY}, ${more.join(", ")}`;
  const bindings = ["specify=writer", "check=checker", "look=looker"].flatMap((one) => ["--bind", one]);
  const run = await beginWith(told, bindings);
  await run.reaches("waiting");

  const author = await sessionOf(w, "specify", "ready");
  expect((await w.withInput(`remember ${message} and ${REVIEWER_KEY}`, "sessions", "send", author.id, "-")).code).toBe(
    0,
  );
  await vi.waitFor(
    async () => expect((await w.prompts()).some(({ text }) => text?.includes(message))).toBe(true),
    WAIT,
  );
  expect(holding(environmentsOf(run, "specify"))).toEqual([AUTHOR_KEY]);
  // The next one's terminal is there already: each has its own key, and not the other's.
  await sessionOf(w, "check", "ready");
  expect(holding(environmentsOf(run, "check"))).toEqual([REVIEWER_KEY]);
  if (hasTmux) expect(holding(tmux(w, "show-environment", "-g"))).toEqual([]);
  expect(holding(commandLines())).toEqual([]);
  const screens = [await w.devflow("sessions", "show", author.id), await w.devflow("ctl", "explain", author.id)];

  expect((await w.devflow("reject", run.id, "--comment", `not with ${comment} or ${NAMED.PLANTED_B_TOKEN}`)).code).toBe(
    0,
  );
  await run.event("prompt.delivered", ({ attempt }) => attempt === 2);
  await run.event("approval.requested", ({ attempt }) => attempt === 2);
  await run.reaches("waiting");
  expect((await w.devflow("approve", run.id)).code).toBe(0);
  await run.ends("completed");

  const answers = await Promise.all(
    [
      ["runs", "show", run.id],
      ["runs", "events", run.id, "--json"],
      ["runs", "report", run.id],
      ["sessions", "list", "--all", "--json"],
      ["audit", "-n", "1000", "--json"],
    ].map((args) => w.devflow(...args)),
  );
  for (const { out, err } of [...screens, ...answers]) expect(holding(out + err)).toEqual([]);
  expect((await w.devflow("audit", "verify")).code).toBe(0);
  expect(answers.at(-1)?.out).toContain("AUTHOR_API_KEY"); // names are told, values never

  expect((await w.devflowd("stop")).code).toBe(0);
  const files = filesIn(w.home);
  const names = files.map((file) => relative(w.home, file));
  for (const kind of [
    /devflow\.db$/,
    /devflowd\.log$/,
    /audit\.jsonl$/,
    /report\.md$/,
    /report\.json$/,
    /\.cast$/,
    /turns.*stdout$/,
  ])
    expect(
      names.some((name) => kind.test(name)),
      `${kind} of ${names.join(" ")}`,
    ).toBe(true);
  for (const file of files)
    expect({ file: relative(w.home, file), holds: holding(textOf(file)) }).toMatchObject({ holds: [] });
  expect(recorded(files)).toContain("[redacted]");

  async function beginWith(text: string, options: readonly string[]): Promise<LiveRun> {
    const started = await w.withInput(text, "run", "planted", "--goal", "-", ...options, "--yes", "--detach");
    expect(started.err).not.toContain("error");
    return liveRun(w, started.out.trim());
  }
}, 600_000);

test("a model agent that has read and told them leaves none of them behind", async () => {
  const summary = `I have found ${SECRETS.join(" and ")}`;
  const here = await modelWorld({
    env: { ...NAMED, ...OWN },
    moves: ({ answered, artifact }) => {
      if (answered === 0) return { tool: "read_file", args: { path: "secrets.txt" } };
      if (answered === 1) return { tool: "write_file", args: { path: "found.txt", content: SECRETS.join("\n") } };
      const review = { ...(ARTIFACTS.review as object), summary };
      if (answered === 2) return { tool: "write_file", args: { path: artifact, content: JSON.stringify(review) } };
      return { tool: "complete", args: { summary } };
    },
  });
  w = here;
  writeFileSync(join(w.repo, "secrets.txt"), SECRETS.join("\n"));
  w.git("add", ".");
  w.git("commit", "--quiet", "-m", "Leave secrets about");
  const bound = ["--bind", "reviewer=openrouter-gpt-reviewer"];
  const run = await begin(w, "review-only", "--goal", `find ${SHAPED[0]}`, ...bound);
  await run.ends("completed");
  expect(run.of("tool.called").map(({ ok }) => ok)).toEqual([true, true, true, true]);
  const transcript = filesIn(w.home).find((file) => file.endsWith("transcript.jsonl")) ?? "";
  expect(readFileSync(transcript, "utf8")).toContain("[redacted]");
  expect((await w.devflowd("stop")).code).toBe(0);
  for (const file of filesIn(w.home)) {
    expect({ file: relative(w.home, file), holds: holding(textOf(file)) }).toMatchObject({ holds: [] });
    expect(textOf(file).includes(KEY), file).toBe(false);
  }
}, 300_000);

/** The secrets that a text holds: as they are, as they stand in JSON, in base64, and with colours between their characters. */
function holding(text: string): string[] {
  const plain = text.replace(/\\u001b\[[0-9;]*m|\u001b\[[0-9;]*m/g, "");
  return SECRETS.filter((secret) => {
    const base64 = Buffer.from(secret)
      .toString("base64")
      .replace(/.?={0,2}$/, "");
    const forms = [secret, JSON.stringify(secret).slice(1, -1), base64, Buffer.from(secret).toString("hex")];
    // Half of one is too much as well.
    const half = secret.slice(0, Math.ceil(secret.length * 0.6));
    return [...forms, half].some((form) => text.includes(form) || plain.includes(form));
  });
}

/** What devflow keeps in its home; not what agents have made, which belongs to the person, and is kept by its hash. */
function filesIn(home: string): string[] {
  const OTHERS = [join("data", "worktrees"), join("data", "artifacts"), "run"];
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((path) => !OTHERS.some((other) => path === other || path.startsWith(other + sep)))
    .map((path) => join(home, path))
    .filter((path) => statSync(path).isFile());
}

/** Of a recording all that it shows, however its output was cut into pieces. */
function textOf(file: string): string {
  const text = readFileSync(file, "utf8");
  if (!file.endsWith(".cast")) return text;
  const output = text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => (JSON.parse(line) as [number, string, string])[2]);
  return `${text}\n${output.join("")}`;
}
const recorded = (files: readonly string[]): string =>
  files
    .filter((file) => file.endsWith(".cast"))
    .map(textOf)
    .join("");

/** The environment of every process of the role's session. */
function environmentsOf(run: LiveRun, role: string): string {
  const session = run.of("session.opening").find((event) => event.role === role)?.session ?? "none";
  const found = processes()
    .map(({ environment }) => environment)
    .filter((environment) => environment.includes(`DEVFLOW_SESSION=${session}`));
  expect(found.length).toBeGreaterThan(0);
  return found.join("\n");
}

const commandLines = (): string =>
  processes()
    .map(({ commandLine }) => commandLine)
    .join("\n");

/** Processes of this test's home. */
function processes(): { environment: string; commandLine: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const read = (what: string): string => readFileSync(`/proc/${pid}/${what}`, "utf8");
        return [{ environment: read("environ"), commandLine: read("cmdline") }];
      } catch {
        return []; // it has ended, or is somebody else's
      }
    });
}
