/** Checks of the machine: the programs that devflow needs or can use, room, clock and locale. */
import { inRange } from "../../domain/version-range.ts";
import { say } from "../../messages/say.ts";
import type { Check, Finding } from "./check.ts";
import type { Ground } from "./ground.ts";

/** As `engines` of package.json has it. */
const NODE = ">=20.19";
/** The fault is nodejs/node#65446: seen in 24.21, and not in 22.23 nor 26.10. */
const NODE_ENDS = ">=24.19 <25";
/** Before it, git could not work on a worktree whose repository it is told. */
const GIT = ">=2.31";
/** Control mode with flow control came with 3.2. */
const TMUX = ">=3.2";
/** Up to 3.5a tmux loses the exit status of panes whose end it misses: devflow writes its own. */
const TMUX_LOSES_EXITS = "<3.6";

const MB = 1024 * 1024;
const LITTLE_ROOM_MB = 1_000;
const NO_ROOM_MB = 100;

const versionIn = (text: string): string => /\d+(?:\.\d+)+/.exec(text)?.[0] ?? "";

export const machineChecks: Readonly<Record<string, Check>> = {
  node: async ({ node, sqliteAsksAtItsEnd }) => {
    const about = { version: node };
    if (!inRange(NODE, node))
      return { level: "fail", said: say("doctor.node.old", about), todo: say("doctor.node.todo") };
    // What cannot be looked at says so itself, where the database is opened.
    if (inRange(NODE_ENDS, node) && (await sqliteAsksAtItsEnd().catch(() => false)))
      return { level: "fail", said: say("doctor.node.ends", about), todo: say("doctor.node.ends.todo") };
    return { level: "ok", said: say("doctor.node.ok", about) };
  },

  git: async ({ said }) => {
    const told = await said("git", ["--version"]);
    if (told.kind !== "said") return { level: "fail", said: say("doctor.git.missing"), todo: say("doctor.git.todo") };
    const version = versionIn(told.text);
    return inRange(GIT, version)
      ? { level: "ok", said: say("doctor.git.ok", { version }) }
      : { level: "fail", said: say("doctor.git.old", { version }), todo: say("doctor.git.todo") };
  },

  tmux: async ({ said, config }) => {
    const [told, { host }] = await Promise.all([said("tmux", ["-V"]), config()]);
    const level = host === "tmux" ? "fail" : "warn";
    const todo = say("doctor.tmux.todo");
    if (host === "pty") return { level: "ok", said: say("doctor.tmux.off") };
    if (told.kind !== "said") return { level, said: say("doctor.tmux.missing"), todo };
    const version = versionIn(told.text);
    if (!inRange(TMUX, version)) return { level, said: say("doctor.tmux.old", { version }), todo };
    const word = inRange(TMUX_LOSES_EXITS, version) ? "doctor.tmux.faults" : "doctor.tmux.ok";
    return { level: "ok", said: say(word, { version }) };
  },

  bubblewrap: async ({ said }) => {
    const told = await said("bwrap", ["--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true"]);
    return sandbox(told.kind, "text" in told ? told.text : "", "bubblewrap");
  },

  docker: async ({ said }) => {
    const told = await said("docker", ["info", "--format", "{{.ServerVersion}}"]);
    return sandbox(told.kind, "text" in told ? told.text : "", "docker");
  },

  disk: async ({ freeBytes, places }) => {
    const mb = Math.floor((await freeBytes(places.data)) / MB);
    const said = say("doctor.disk", { gb: (mb / 1024).toFixed(1), path: places.data });
    const level = mb < NO_ROOM_MB ? "fail" : mb < LITTLE_ROOM_MB ? "warn" : "ok";
    return { level, said, ...(level !== "ok" && { todo: say("doctor.disk.todo") }) };
  },

  clock: async ({ installedAt, now }) => {
    const installed = await installedAt();
    return now() >= installed
      ? { level: "ok", said: say("doctor.clock.ok", { time: new Date(now()).toISOString().slice(0, 16) }) }
      : { level: "fail", said: say("doctor.clock.behind"), todo: say("doctor.clock.todo") };
  },

  locale: async ({ env }) => {
    const locale = localeOf(env);
    return /utf-?8/i.test(locale)
      ? { level: "ok", said: say("doctor.locale.ok", { locale }) }
      : {
          level: "warn",
          said: say("doctor.locale.not_utf8", { locale: locale || "C" }),
          todo: say("doctor.locale.todo"),
        };
  },
};

const localeOf = ({ LC_ALL, LC_CTYPE, LANG }: Ground["env"]): string => LC_ALL || LC_CTYPE || LANG || "";

/** Nobody has to have one: only commands that ask for it are refused without. */
function sandbox(kind: "said" | "failed" | "missing" | "late", text: string, name: string): Finding {
  if (kind === "said") return { level: "ok", said: say("doctor.sandbox.ok", { name }) };
  if (kind === "missing") return { level: "ok", said: say("doctor.sandbox.missing", { name }) };
  const problem = kind === "late" ? say("doctor.sandbox.late") : (text.split("\n").at(-1) ?? "");
  return { level: "warn", said: say("doctor.sandbox.broken", { name, problem }), todo: say("doctor.sandbox.todo") };
}
