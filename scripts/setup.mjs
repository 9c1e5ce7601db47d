/** Brings a fresh clone to where it can be used: dependencies and a build. Node built-ins only; does nothing that is done already. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");
const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];

/** Runs a command in the project, its output where ours goes; throws when it fails. */
export function run(argv, { quiet = false, env = process.env } = {}) {
  const [program, ...args] = argv;
  const done = spawnSync(program, args, {
    cwd: root,
    env,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", 2, 2],
  });
  if (done.status === 0) return;
  if (quiet) process.stderr.write(`${done.stdout ?? ""}${done.stderr ?? ""}`);
  throw new Error(`${argv.join(" ")} failed (${done.error?.message ?? done.signal ?? done.status})`);
}

/** Does the work unless the stamp says that it was done for just this; the stamp is only set once the work is. */
function once(name, mark, work) {
  const stamp = join(root, "node_modules", `.devflow-${name}`);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === mark) return;
  work();
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stamp, mark);
}

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`devflow needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}

export function install(say = console.error) {
  const mark = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(process.version)
    .digest("hex");
  once("installed", mark, () => {
    say("installing dependencies (the first time this compiles SQLite and takes a minute)");
    run([...npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  });
}

const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

export function build(say = console.error) {
  const sources = ["bin", "scripts", "src", "agents", "personas", "templates", "schemas"].flatMap(filesIn);
  const hash = createHash("sha256").update(readFileSync(join(root, "package.json")));
  for (const path of sources) hash.update(path).update(readFileSync(path));
  if (!existsSync(join(root, "dist", "devflow.cjs")))
    rmSync(join(root, "node_modules", ".devflow-built"), { force: true });
  once("built", hash.digest("hex"), () => {
    say("building");
    run([process.execPath, "scripts/build.mjs"], { quiet: true });
  });
}
