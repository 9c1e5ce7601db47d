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
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { peek } from "./demo/peek.mjs";
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
const program = [process.execPath, join(root, "bin", "devflow")];
const devflow = (args, stdio = ["ignore", "pipe", "inherit"]) =>
  spawnSync(program[0], [program[1], ...args], {
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
  if (status.host !== "tmux" && options.host !== "pty")
    say("tmux is not here (or too old): the agents run in ptys of devflow's own instead");
  say("");
  say("Three agents take one change through specify → review → verify, each in a");
  say("terminal of its own. To look in, in another terminal:");
  say("");
  say(`    export DEVFLOW_HOME=${quoted(env.DEVFLOW_HOME)}`);
  say(`    export PATH=${quoted(join(root, "bin"))}:"$PATH"`);
  say("    devflow watch");
  say("");
  const { code, seen } = await performed([...work, ...bind, "--yes"]);
  const [run] = JSON.parse(devflow(["runs", "list", "--json", "--limit", "1"]).stdout);
  if (!run) return false;
  const { report } = JSON.parse(devflow(["runs", "show", run.id, "--json"]).stdout || "{}");
  if (watched && seen.length > 0) process.stdout.write(`\n${seen.join("\n")}\n`);
  if (watched && report) {
    process.stdout.write("\n");
    devflow(["runs", "report", run.id], ["ignore", "inherit", "inherit"]);
    process.stdout.write("\n");
  }
  say(`Everything is kept in ${folder}; delete it when you like.`);
  say("With DEVFLOW_HOME and PATH set as above you can look at it again:");
  say("");
  say(`    devflow runs show ${run.id.slice(-6)}`);
  say("    devflow sessions list --all");
  say("    devflowd stop");
  say("");
  if (report) process.stdout.write(`${report.json}\n`);
  return code === 0 && run.status === "completed";
}

/** Runs it in front of whoever watches, and takes a look at an agent meanwhile. */
async function performed(work) {
  const over = new AbortController();
  const looking = watched ? peek(program, env, over.signal) : [];
  const child = spawn(program[0], [program[1], ...work], {
    env,
    stdio: watched ? "inherit" : ["ignore", 2, "inherit"],
  });
  // Ctrl-C is for the one in front: it stops following, and then the demo ends.
  const leave = () => {};
  process.on("SIGINT", leave);
  const [code] = await once(child, "exit");
  process.off("SIGINT", leave);
  over.abort();
  return { code, seen: await looking };
}

function quoted(path) {
  return /^[\w/.+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
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
      ? `${options.agent === "paper" ? "" : "No agent that is installed and logged in was found.\n"}The paper agent plays the part: it uses no model.`
      : `Using ${agents.join(" and ")}, found installed and logged in, or with a key that is set.`,
  );
  return bind;
}
