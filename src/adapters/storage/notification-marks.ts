/** How far each channel has been told, in the database. */
import type { Database } from "better-sqlite3";
import type { NotificationMarks } from "../../ports/notifications.ts";
import { guarded } from "./storage-failure.ts";

export function notificationMarks(database: Database, file: string): NotificationMarks {
  const read = database.prepare<[string], number>("SELECT cursor FROM notified WHERE channel = ?").pluck();
  const write = database.prepare(
    "INSERT INTO notified (channel, cursor) VALUES (@channel, @cursor) ON CONFLICT (channel) DO UPDATE SET cursor = @cursor",
  );
  const names = database.prepare<[], string>("SELECT channel FROM notified").pluck();
  const forget = database.prepare("DELETE FROM notified WHERE channel = ?");
  return {
    of: (channel) => guarded(file, () => read.get(channel)),
    set: (channel, cursor) => guarded(file, () => void write.run({ channel, cursor })),
    keep: (channels) =>
      guarded(file, () => {
        for (const name of names.all()) if (!channels.includes(name)) forget.run(name);
      }),
  };
}
