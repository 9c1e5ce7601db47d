/** A run of a whole devflow, followed from outside: its log as it lies on the disk, and its agents' keys. */
import { execFileSync } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { type EventOf, RunEvent, type StoredEvent } from "../../src/domain/event.ts";
import { fold } from "../../src/domain/run-evolve.ts";
import { isTidy, type RunStatus, statusOf } from "../../src/domain/run-state.ts";
import type { SessionNow } from "../../src/protocol/session-methods.ts";
import { eventsAfter } from "./log-file.ts";
import { expectSound } from "./sound.ts";
import type { World } from "./world.ts";

/** Long enough for a busy machine with two cores; a test that waits this long has failed. */
const PATIENCE_MS = 45_000;

export type LiveRun = ReturnType<typeof liveRun>;

/** Starts a run in the background and follows it. */
export async function begin(w: World, ...args: string[]): Promise<LiveRun> {
  const started = await w.devflow("run", ...args, "--yes", "--detach");
  const id = started.out.trim();
  if (!/^[0-9A-Z]{26}$/.test(id)) throw new Error(`devflow run ended with ${started.code}: ${started.err}${id}`);
  return liveRun(w, id);
}

export function liveRun(w: World, id: string) {
  const log = growingLog(w.home);
  const stored = (): StoredEvent[] => log().filter(({ run }) => run === id);
  const events = (): RunEvent[] => stored().map(({ event }) => event);
  const of = <T extends RunEvent["type"]>(type: T): EventOf<T>[] =>
    events().filter((event): event is EventOf<T> => event.type === type);
  const status = (): RunStatus => statusOf(fold(events()));

  /** The first event of a type, and `where` given one that it holds for, as soon as it is in the log. */
  const event = <T extends RunEvent["type"]>(type: T, where: (event: EventOf<T>) => boolean = () => true) =>
    vi.waitFor(
      () => {
        const found = of(type).find(where);
        if (!found) throw new Error(`no ${type} yet, the run is ${status()}:\n${told().slice(-12).join("\n")}`);
        return found;
      },
      { timeout: PATIENCE_MS, interval: 40 },
    );

  /** The log in short: `phase.started review`. */
  const told = (): string[] =>
    events().map((now) => {
      const phase = "phase" in now && now.phase ? ` ${now.phase}` : "";
      return now.type === "session.changed" ? `${now.from} → ${now.to}: ${now.cause}` : `${now.type}${phase}`;
    });

  async function reaches(wanted: RunStatus): Promise<void> {
    await vi.waitFor(() => expect(`${status()}\n${told().slice(-12).join("\n")}`).toMatch(new RegExp(`^${wanted}`)), {
      timeout: PATIENCE_MS,
      interval: 60,
    });
  }

  /** The run's end, whole: its agents gone, its report there, and its log sound. */
  async function ends(wanted: RunStatus): Promise<void> {
    await reaches(wanted);
    await vi.waitFor(() => expect(isTidy(fold(events())), told().slice(-12).join("\n")).toBe(true), {
      timeout: PATIENCE_MS,
      interval: 60,
    });
    expectSound(stored());
    await toldOnce();
  }

  /** What the log says was delivered, the agents have taken, and each of it once. */
  async function toldOnce(): Promise<void> {
    const taken = (await w.prompts()).map(({ session, sha256 }) => `${session} ${sha256}`);
    const delivered = of("prompt.delivered").map(({ key }) => key);
    const sent = of("prompt.sending").filter(({ key }) => delivered.includes(key));
    for (const { key, session, sha256 } of sent)
      expect({ key, times: taken.filter((one) => one === `${session} ${sha256}`).length }).toEqual({ key, times: 1 });
  }

  return { id, stored, events, of, status, told, event, reaches, ends };
}

/** The whole log at each look, of which only what is new is read; all of it again where the file is another one. */
function growingLog(home: string): () => readonly StoredEvent[] {
  let known: StoredEvent[] = [];
  return () => {
    const last = known.at(-1);
    const [again, ...more] = last ? eventsAfter(home, last.cursor - 1) : [];
    const grown = last !== undefined && again?.cursor === last.cursor && again.at === last.at;
    const fresh = grown ? more : eventsAfter(home, 0);
    known = [...(grown ? known : []), ...fresh.map((one) => ({ ...one, event: RunEvent.parse(one.event) }))];
    return known;
  };
}

/** devflow's own tmux server in this world. */
export const tmux = (w: World, ...args: string[]): string =>
  execFileSync("tmux", ["-S", join(w.home, "run", "t", "t.sock"), ...args], { encoding: "utf8" });

export function paneOf(w: World, session: string): string {
  const panes = tmux(w, "list-panes", "-a", "-F", "#{@devflow_session} #{pane_id}");
  const pane = new RegExp(`^${session} (%\\d+)$`, "m").exec(panes)?.[1];
  if (!pane) throw new Error(`session ${session} has no pane:\n${panes}`);
  return pane;
}

/** Types as a person who is attached does. `Enter` and `C-u` are keys, everything else is text. */
export async function typeAt(w: World, session: string, ...what: string[]): Promise<void> {
  const shown = await w.json<{ session: SessionNow }>("sessions", "show", session);
  const { host, attach } = shown.session;
  if (host === "tmux") {
    const pane = paneOf(w, session);
    for (const text of what) tmux(w, "send-keys", "-t", pane, ...(text in KEYS ? [text] : ["-l", text]));
    return;
  }
  const socket = connect(attach && "socket" in attach ? attach.socket : "");
  const bytes = what.map((text) => KEYS[text] ?? text).join("");
  const frames = [
    { t: "hello", role: "viewer", from: 0, readOnly: false, cols: 160, rows: 48 },
    { t: "input", data: Buffer.from(bytes).toString("base64") },
  ];
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject).on("close", () => resolve());
    socket.once("data", () => socket.end()).resume();
    socket.write(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(""));
  });
}

const KEYS: Record<string, string> = { Enter: "\r", "C-u": "\x15" };
