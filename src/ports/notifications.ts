/** Notifications: the ways to somebody outside of devflow, and how far each has been told. */
import type { Notification } from "../domain/notification.ts";

export type Told =
  | { kind: "told" }
  /** Another try may do. */
  | { kind: "failed"; said: string }
  /** No try will. */
  | { kind: "refused"; said: string };

/**
 * One way to tell somebody.
 *
 * - `tell` never rejects, and never takes longer than its own limit.
 * - It may be called again with a notification that has arrived: whoever hears it tells them apart by their id.
 */
export interface NotificationChannel {
  readonly name: "desktop" | "command" | "webhook";
  /** How often one notification is tried at most. */
  readonly tries: number;
  tell(notification: Notification, signal: AbortSignal): Promise<Told>;
}

/** The event that each channel was told last, in the database: what was told is not told again after a crash. */
export interface NotificationMarks {
  /** `undefined` for a channel that is new. */
  of(channel: string): number | undefined;
  set(channel: string, cursor: number): void;
  /** Channels that are not among these are forgotten: switched on again, they begin with what happens then. */
  keep(channels: readonly string[]): void;
}
