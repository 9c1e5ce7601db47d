/** The words of a notification, in English. Another language has the same keys; codes, names and commands are the same in all. */
import { type FailureRecord, sentence } from "./failure.ts";

// biome-ignore format: a table, one text a line
export const NOTIFICATION_WORDS = {
  waitsBefore: "{run} waits: {phase} needs approval to start",
  waitsAfter: "{run} waits: the result of {phase} needs approval",
  waits: "{run} waits: {problem}",
  completed: "{run} is completed",
  failed: "{run} has failed: {problem}",
  cancelled: "{run} was cancelled by {by}",
  test: "This is a test: notifications of devflow arrive here.",
} as const;

export type NotificationWord = keyof typeof NOTIFICATION_WORDS;

/** What a notification is written in. */
export interface NotificationLanguage {
  word(key: NotificationWord, params?: Readonly<Record<string, string | number>>): string;
  told(failure: FailureRecord): { message: string };
}

export const ENGLISH_NOTIFICATIONS: NotificationLanguage = {
  word: (key, params = {}) => sentence(NOTIFICATION_WORDS[key], params),
  told: ({ message }) => ({ message }),
};
