/** The channels of notifications that the settings have. */
import { commandChannel, desktopChannel } from "../../adapters/notifications/program.ts";
import { webhook } from "../../adapters/notifications/webhook.ts";
import { notificationMarks } from "../../adapters/storage/notification-marks.ts";
import type { openDatabase } from "../../adapters/storage/open.ts";
import type { NotificationLanguage } from "../../domain/notification-words.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { NotificationChannel } from "../../ports/notifications.ts";
import { VERSION } from "../../protocol/version.ts";
import type { AuditNotes } from "../audit-notes.ts";
import { type Notifying, notifying } from "../notifying.ts";
import type { Surroundings } from "./surroundings.ts";

interface NotificationOptions extends Surroundings {
  log: EventLog;
  database: ReturnType<typeof openDatabase>;
  file: string;
  notes: Pick<AuditNotes, "usedFor">;
  language: NotificationLanguage;
}

export function notifications(options: NotificationOptions): Notifying {
  const { config, log, database, file, clock } = options;
  const wanted = config.notify.on;
  const marks = notificationMarks(database, file);
  return notifying({ ...options, log, marks, wanted, channels: channels(options), clock });
}

function channels({ config, env, places, clock, secretOf, notes }: NotificationOptions): NotificationChannel[] {
  const { desktop, command: argv, webhook: hook } = config.notify;
  const here = { env, cwd: places.data };
  const [program, ...args] = argv ?? [];
  return [
    ...(desktop ? [desktopChannel({ ...here, platform: process.platform })] : []),
    ...(program === undefined ? [] : [commandChannel([program, ...args], here)]),
    ...(hook
      ? [
          webhook({
            ...hook,
            secretOf: notes.usedFor("webhook of notifications", secretOf),
            fetch,
            now: clock.now,
            version: VERSION,
          }),
        ]
      : []),
  ];
}
