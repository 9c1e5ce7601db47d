/** A look at the first agent at work, for those who did not attach: its terminal as it was for a moment. */
import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const LOOK_MS = 1_000;
/** By then an agent has something on its screen. */
const AT_WORK_MS = 1_500;
const WIDEST = 100;
const TALLEST = 24;

/** The lines to show, once an agent was seen working; nothing when `signal` aborts before. */
export async function peek(argv, env, signal) {
  const ask = async (...args) => {
    const [program, ...first] = argv;
    const { stdout } = await promisify(execFile)(program, [...first, ...args, "--json"], { env, signal });
    return JSON.parse(stdout);
  };
  try {
    for (;;) {
      await pause(LOOK_MS, undefined, { signal });
      const sessions = await ask("sessions", "list");
      const busy = sessions.find(({ state, since }) => state === "working" && Date.now() - since > AT_WORK_MS);
      const shown = busy && (await ask("sessions", "show", busy.id));
      if (shown?.screen) return framed(`the ${busy.role}'s terminal, ${busy.host}`, shown.screen);
    }
  } catch {
    return []; // The run has ended, or the daemon is busy: the demo does without.
  }
}

function framed(title, screen) {
  const rows = screen.filter((row, at) => row.trim() !== "" || (screen[at - 1] ?? "").trim() !== "").slice(-TALLEST);
  const width = (process.stdout.columns || 80) - 4;
  const cut = (row) => [...row].slice(0, Math.min(width, WIDEST)).join("").trimEnd();
  return [`┌ ${title}`, ...rows.map((row) => `│ ${cut(row)}`.trimEnd()), "└"];
}
