/** What the daemon does about notifications: it tells them from behind the log, and sends one to try it out. */
import { testNotification } from "../domain/notification.ts";
import type { NotificationLanguage } from "../domain/notification-words.ts";
import type { Notified } from "../domain/notified.ts";
import { notify } from "../engine/notify.ts";
import type { Clock, Ids } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Journal } from "../ports/journal.ts";
import type { NotificationChannel, NotificationMarks } from "../ports/notifications.ts";
import type { EngineApi } from "./engine-api.ts";

export interface NotifyingDeps {
  log: Pick<EventLog, "follow" | "read" | "head">;
  marks: NotificationMarks;
  channels: readonly NotificationChannel[];
  wanted: readonly Notified[];
  clock: Clock;
  ids: Ids;
  journal: Journal;
  language?: NotificationLanguage;
}

export interface Notifying {
  /** Until `signal` aborts. */
  begin(signal: AbortSignal): Promise<void>;
  notifyTest: EngineApi["notifyTest"];
}

/** What was interrupted by a disk that is full, or a database that is busy, is gone on with after this. */
const AGAIN_MS = 30_000;

export function notifying(deps: NotifyingDeps): Notifying {
  const { channels, clock, ids, journal, language } = deps;
  async function goOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await notify({ ...deps, random: Math.random }, signal);
      } catch (error) {
        journal.warn("notifications stand still for a while", { error: String(error) });
        await clock.sleep(AGAIN_MS, signal);
      }
    }
  }
  return {
    // Nobody to tell: nothing is followed.
    begin: async (signal) => {
      if (channels.length > 0) await goOn(signal);
    },
    notifyTest: async () => {
      const notification = testNotification(ids.next(), clock.now(), language);
      const signal = new AbortController().signal;
      const sent = await Promise.all(
        channels.map(async (channel) => {
          const answer = await channel.tell(notification, signal);
          return {
            channel: channel.name,
            told: answer.kind === "told",
            ...(answer.kind !== "told" && { problem: answer.said }),
          };
        }),
      );
      return { sent };
    },
  };
}
