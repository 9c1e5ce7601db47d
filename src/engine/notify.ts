/**
 * Tells people outside of devflow of what happens in runs, each channel by itself and in order, from where it has come to.
 *
 * T1. Nothing waits for it: it follows the log from behind, as any client does.
 * T2. Each event is told at least once, and twice only when the daemon is killed between telling and marking.
 * T3. What cannot be told is tried again, longer and longer apart, and given up after the channel's number of tries.
 */
import type { RunStarted, StoredEvent } from "../domain/event.ts";
import { RunId } from "../domain/ids.ts";
import { type Notification, notificationOf } from "../domain/notification.ts";
import type { NotificationLanguage } from "../domain/notification-words.ts";
import { type Notified, notifiedAs } from "../domain/notified.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Journal } from "../ports/journal.ts";
import type { NotificationChannel, NotificationMarks } from "../ports/notifications.ts";

export interface NotifyDeps {
  log: Pick<EventLog, "follow" | "read" | "head">;
  marks: NotificationMarks;
  channels: readonly NotificationChannel[];
  /** What people want to hear of. */
  wanted: readonly Notified[];
  clock: Clock;
  journal: Journal;
  random: () => number;
  /** What people are told in; English when left out. */
  language?: NotificationLanguage;
}

/** The wait before the second try; it doubles, with jitter. */
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/** What is older is no news any more: the daemon was away. */
const STALE_MS = 24 * 60 * 60_000;

/** So many events that nobody is told of may be looked at again after a crash. */
const UNMARKED_EVENTS = 1_000;

/** Until `signal` aborts. */
export async function notify(deps: NotifyDeps, signal: AbortSignal): Promise<void> {
  const { channels, marks, log } = deps;
  marks.keep(channels.map(({ name }) => name));
  const head = log.head();
  for (const { name } of channels) if (marks.of(name) === undefined) marks.set(name, head);
  await Promise.all(channels.map((channel) => follow(channel, deps, signal)));
}

async function follow(channel: NotificationChannel, deps: NotifyDeps, signal: AbortSignal): Promise<void> {
  const { log, marks, wanted, clock, language } = deps;
  let marked = marks.of(channel.name) ?? log.head();
  const mark = (cursor: number): void => {
    if (cursor > marked) marks.set(channel.name, cursor);
    marked = Math.max(marked, cursor);
  };
  let seen = marked;
  for await (const stored of log.follow(marked, signal)) {
    const as = notifiedAs(stored.event);
    const due = as !== undefined && wanted.includes(as) && clock.now() - stored.at < STALE_MS;
    const notification = due ? toldOf(stored, log, language) : undefined;
    if (notification) {
      await tell(notification, channel, deps, signal);
      if (signal.aborted) return;
      mark(stored.cursor);
    }
    seen = stored.cursor;
    if (seen - marked >= UNMARKED_EVENTS) mark(seen);
  }
  mark(seen);
}

function toldOf(
  stored: StoredEvent,
  log: NotifyDeps["log"],
  language: NotificationLanguage | undefined,
): Notification | undefined {
  const started: RunStarted | undefined = beginningOf(stored.run, log);
  return started && notificationOf(stored, started, language);
}

function beginningOf(run: string, log: NotifyDeps["log"]): RunStarted | undefined {
  const first = log.read(RunId.parse(run))[0]?.event;
  return first?.type === "run.started" ? first : undefined;
}

async function tell(
  notification: Notification,
  channel: NotificationChannel,
  { clock, journal, random }: NotifyDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let tried = 1; !signal.aborted; tried += 1) {
    const answer = await channel.tell(notification, signal);
    if (answer.kind === "told" || signal.aborted) return;
    const about = { channel: channel.name, notification: notification.id, problem: answer.said };
    if (answer.kind === "refused" || tried >= channel.tries) {
      journal.warn("a notification was given up", { ...about, tries: tried });
      return;
    }
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (tried - 1), LONGEST_WAIT_MS);
    await clock.sleep(Math.round(wait * (0.75 + 0.5 * random())), signal);
  }
}
