/** Rings the terminal's bell when a run that is looked at waits or has ended, where the settings want that. */
import type { Config } from "../domain/config.ts";
import type { RunEvent } from "../domain/event.ts";
import { notifiedAs } from "../domain/notified.ts";

/** Resolves once it has rung, or does not. */
export type Bell = (event: RunEvent) => Promise<void>;

/** The settings are read when there is something to ring for, and once. */
export function bell(settings: () => Promise<Pick<Config["notify"], "bell" | "on">>, ring: () => void): Bell {
  let read: ReturnType<typeof settings> | undefined;
  return async (event) => {
    const as = notifiedAs(event);
    if (!as) return;
    read ??= settings();
    // Settings that cannot be read are somebody else's to complain about.
    const wanted = await read.catch(() => undefined);
    if (wanted?.bell && wanted.on.includes(as)) ring();
  };
}
