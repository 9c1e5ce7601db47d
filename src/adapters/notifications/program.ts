/** Notifications by a program of this machine: a command of the person's own, or the desktop's. Never a shell. */
import { setTimeout as pause } from "node:timers/promises";
import type { Notification } from "../../domain/notification.ts";
import type { NotificationChannel, Told } from "../../ports/notifications.ts";
import { harmlessPart, runProgram, startProblem } from "../system/run-program.ts";

export interface ProgramOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Where it is started. */
  cwd: string;
  timeoutMs?: number;
}

/** It tells somebody, and no more: what takes longer belongs into the background. */
const TIMEOUT_MS = 30_000;
const KEEP_BYTES = 2_000;
/** What a program is given to end after TERM. */
const GRACE_MS = 500;

/** To the person's command: everything that is known is in its environment, the whole of it as JSON too. */
export function commandChannel(argv: readonly [string, ...string[]], options: ProgramOptions): NotificationChannel {
  return { name: "command", tries: 1, tell: (told, signal) => run(argv, factsOf(told), options, signal) };
}

/** What the desktop needs to be found by its own programs. */
const DESKTOP = ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"];

/** As arguments: what is said is not part of the script. */
const APPLE_SCRIPT = ["on run said", "display notification (item 2 of said) with title (item 1 of said)", "end run"];

export function desktopChannel({ platform, ...options }: ProgramOptions & { platform: string }): NotificationChannel {
  const { env } = options;
  const theirs = Object.fromEntries(DESKTOP.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return {
    name: "desktop",
    tries: 1,
    tell: ({ what, text }, signal) => run(desktopArgv(platform, what, text), theirs, options, signal),
  };
}

function desktopArgv(platform: string, what: Notification["what"], text: string): [string, ...string[]] {
  const title = "devflow";
  if (platform === "darwin") return ["osascript", ...APPLE_SCRIPT.flatMap((line) => ["-e", line]), title, text];
  const urgency = what === "run.waiting" || what === "run.failed" ? "critical" : "normal";
  // Some desktops read what is said as markup.
  const plain = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return ["notify-send", `--app-name=${title}`, `--urgency=${urgency}`, "--", title, plain];
}

const factsOf = (told: Notification): Record<string, string> => {
  const { what, id, at, text, run, reason } = told;
  const facts = {
    ...{
      WHAT: what,
      ID: id,
      AT: at,
      TEXT: text,
      RUN: run?.id,
      TEMPLATE: run?.template,
      REPO: run?.repo,
      BASE: run?.base,
    },
    ...{ REASON: reason?.kind, PHASE: reason?.phase, CODE: reason?.code, ANSWER: reason?.answer },
    JSON: JSON.stringify(told),
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[`DEVFLOW_NOTIFY_${name}`, value]])),
  );
};

async function run(
  argv: readonly [string, ...string[]],
  more: Readonly<Record<string, string>>,
  { env, cwd, timeoutMs = TIMEOUT_MS }: ProgramOptions,
  signal: AbortSignal,
): Promise<Told> {
  const [program] = argv;
  const done = await runProgram(
    { argv: [...argv], cwd, env: { ...harmlessPart(env), ...more }, timeoutMs, keepBytes: KEEP_BYTES, end: endGroup },
    signal,
  );
  if (done.kind === "not started")
    return {
      kind: "refused",
      said: `${program} cannot be started: ${startProblem(program, done.code) ?? done.message}`,
    };
  if (done.timedOut) return { kind: "failed", said: `${program} has not ended within ${timeoutMs / 1_000} s` };
  if (done.exitCode === 0) return { kind: "told" };
  const complaint = done.stderr.trim().split("\n").at(-1) ?? "";
  const how = done.exitCode === null ? `was ended by ${done.signal}` : `ended with exit code ${done.exitCode}`;
  return { kind: "failed", said: `${program} ${how}${complaint ? `: ${complaint}` : ""}` };
}

/** It runs in a process group of its own. */
async function endGroup(root: number | undefined): Promise<void> {
  if (root === undefined) return;
  for (const kind of ["SIGTERM", "SIGKILL"] as const) {
    try {
      process.kill(-root, kind);
    } catch {
      return; // nothing is left of it
    }
    await pause(GRACE_MS);
  }
}
