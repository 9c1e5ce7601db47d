/**
 * `npm run demo`: the main job from nothing. Sets itself up, makes a small repository, starts a daemon in a home of its own,
 * takes a change through specify → review → verify with the first agent that can be used here, and shows the report.
 *
 *   npm run demo                                   a small repository, made for it
 *   npm run demo -- --repo DIR --goal TEXT         your own
 *   npm run demo -- --agent paper                  no model, no cost
 *
 * Progress goes to stderr where nobody watches; the last line on stdout is the path of report.json.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { GOAL, makeRepository } from "./demo/repository.mjs";
import { build, checkNode, install, root } from "./setup.mjs";

const TEMPLATE = "spec-and-review@1";
const watched = process.stdin.isTTY === true && process.stdout.isTTY === true;
const say = (text) => process.stderr.write(`${text}\n`);

const { values: options } = parseArgs({
  options: { repo: { type: "string" }, goal: { type: "string" }, agent: { type: "string" }, host: { type: "string" } },
});
const asked = process.env.INIT_CWD ?? process.cwd(); // where npm was called, so that --repo . means what it says

checkNode();
install(say);
build(say);

const folder = mkdtempSync(join(tmpdir(), "devflow-demo-"));
const env = { ...process.env, DEVFLOW_HOME: join(folder, "home") };
mkdirSync(join(folder, "home", "config"), { recursive: true });
writeFileSync(
  join(folder, "home", "config", "devflow.yaml"),
  `# Made for one demo.\npaper: true\nhost: ${options.host ?? "auto"}\n`,
);
const repo = options.repo === undefined ? makeRepository(join(folder, "greeter")) : resolve(asked, options.repo);
const goal = options.goal ?? GOAL;
const devflow = (args, stdio = ["ignore", "pipe", "inherit"]) =>
  spawnSync(process.execPath, [join(root, "bin", "devflow"), ...args], {
    env,
    stdio,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
const devflowd = (args) =>
  spawnSync(process.execPath, [join(root, "bin", "devflowd"), ...args], { env, stdio: ["ignore", "pipe", "inherit"] });

let failed = true;
try {
  failed = !(await demo());
} finally {
  devflowd(["stop"]);
}
process.exit(failed ? 1 : 0);

async function demo() {
  const work = ["run", TEMPLATE, "--repo", repo, "--goal", goal];
  const bind = await bindings(work);
  if (!bind) return false;
  const status = JSON.parse(devflow(["ctl", "status", "--json"]).stdout);
  if (status.host !== "tmux") say("tmux is not here (or too old): the agents run in ptys of devflow's own instead");
  const done = devflow([...work, ...bind, "--yes"], watched ? "inherit" : ["ignore", 2, "inherit"]);
  const [run] = JSON.parse(devflow(["runs", "list", "--json", "--limit", "1"]).stdout);
  if (!run) return false;
  const { report } = JSON.parse(devflow(["runs", "show", run.id, "--json"]).stdout || "{}");
  if (watched && report) process.stdout.write(`\n${readFileSync(report.markdown, "utf8")}\n`);
  say(`everything is kept in ${folder}`);
  if (report) process.stdout.write(`${report.json}\n`);
  return done.status === 0 && run.status === "completed";
}

/** Who does the work: what devflow would choose by itself here, or the agent that was asked for. Says which. */
async function bindings(work) {
  const by = (agent) => ["author", "reviewer", "verifier"].flatMap((role) => ["--bind", `${role}=${agent}-${role}`]);
  let bind = options.agent === undefined ? [] : by(options.agent);
  let preview = devflow([...work, ...bind, "--preview", "--json"]);
  if (preview.status !== 0) return undefined;
  let agents = [...new Set(JSON.parse(preview.stdout).bindings.map(({ agent }) => agent))];
  if (watched && options.agent === undefined && !agents.includes("paper")) {
    const ask = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await ask.question(
      `The demo would use ${agents.join(" and ")}, on your account. Go on? [y = yes, p = paper agent instead, N] `,
    );
    ask.close();
    if (/^p/i.test(answer)) {
      bind = by("paper");
      preview = devflow([...work, ...bind, "--preview", "--json"]);
      agents = ["paper"];
    } else if (!/^y/i.test(answer)) return undefined;
  }
  say(
    agents.includes("paper")
      ? "no agent that is installed and logged in was found (or the paper agent was asked for): the paper agent plays the part; it uses no model"
      : `using ${agents.join(" and ")}, found installed and logged in`,
  );
  return bind;
}
