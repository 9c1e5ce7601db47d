/**
 * Notification: what is told to people, and to programs of theirs, outside of devflow: a run waits for somebody, or has ended.
 *
 * N1. It follows from one event of the log. Its id is made of that event's place, so that whoever hears it twice can tell.
 * N2. It says which run and why, in a sentence and in words for programs; nothing of a goal, a prompt or an artifact.
 */
import { z } from "zod";
import { answersTo } from "./escalation.ts";
import type { RunStarted, StoredEvent } from "./event.ts";
import { referenceOf } from "./names.ts";
import { ENGLISH_NOTIFICATIONS, type NotificationLanguage } from "./notification-words.ts";
import { notifiedAs } from "./notified.ts";
import { isTalk } from "./template.ts";

export const Notification = z
  .strictObject({
    version: z.literal(1).describe("Raised when a field changes its meaning or goes away; fields may come"),
    id: z.string().max(100).describe("Of this notification; the same when it is sent again"),
    at: z.iso.datetime().describe("When it happened"),
    what: z
      .enum(["run.waiting", "run.completed", "run.failed", "run.cancelled", "test"])
      .describe("test: somebody has asked for one, and nothing has happened"),
    text: z.string().max(500).describe("For people, in the language of the settings"),
    run: z
      .strictObject({
        id: z.string(),
        template: z.string().describe("NAME@VERSION"),
        repo: z.string().describe("An absolute path on the machine of the daemon"),
        base: z.string(),
      })
      .optional(),
    reason: z
      .strictObject({
        kind: z.enum(["approval", "question", "budget", "problem"]).describe("What it waits for, or why it has failed"),
        phase: z.string().optional(),
        code: z.string().optional().describe("A code of docs/failures.md"),
        answer: z.string().optional().describe("The command that answers it"),
      })
      .optional(),
  })
  .describe("A run waits for somebody, or has ended");
export type Notification = z.infer<typeof Notification>;

type Reason = NonNullable<Notification["reason"]>;
interface Told {
  said: string;
  reason?: Reason;
}

/** What is told of an event; `started` is the beginning of its run. */
export function notificationOf(
  { run, position, at, event }: StoredEvent,
  started: RunStarted,
  language: NotificationLanguage = ENGLISH_NOTIFICATIONS,
): Notification | undefined {
  // Somebody was there to end a talk.
  if (event.type === "run.completed" && isTalk(started.template)) return undefined;
  const template = referenceOf(started.template);
  const as = notifiedAs(event);
  const found = told(run, `${template} ${run.slice(-SHORT_ID_CHARS)}`, event, language);
  if (!as || !found) return undefined;
  return {
    version: 1,
    id: `${run}-${position}`,
    at: new Date(at).toISOString(),
    what: `run.${as}`,
    text: cut(found.said),
    run: { id: run, template, repo: started.repo, base: started.base },
    ...(found.reason && { reason: found.reason }),
  };
}

/** One that somebody has asked for, to see whether it comes. */
export const testNotification = (
  id: string,
  at: number,
  { word }: NotificationLanguage = ENGLISH_NOTIFICATIONS,
): Notification => ({
  version: 1,
  id: `test-${id}`,
  at: new Date(at).toISOString(),
  what: "test",
  text: word("test"),
});

function told(
  id: string,
  run: string,
  event: StoredEvent["event"],
  { word, told: toldOf }: NotificationLanguage,
): Told | undefined {
  switch (event.type) {
    case "approval.requested": {
      const { phase, when } = event;
      const said = word(when === "before" ? "waitsBefore" : "waitsAfter", { run, phase });
      return { said, reason: { kind: "approval", phase, answer: `devflow approve ${id} ${phase}` } };
    }
    case "escalation.raised": {
      const { escalation, severity, failure, phase } = event;
      const kind = failure.code === "budget.exhausted" ? "budget" : severity;
      const words = answersTo({ severity, failure });
      const answer = `devflow escalations answer ${escalation} ${words.join("|")}`;
      const about = { ...(phase !== undefined && { phase }), ...(words.length > 0 && { answer }) };
      const said = word("waits", { run, problem: toldOf(failure).message });
      return { said, reason: { kind, code: failure.code, ...about } };
    }
    case "run.completed":
      return { said: word("completed", { run }) };
    case "run.failed": {
      const { code } = event.failure;
      const said = word("failed", { run, problem: toldOf(event.failure).message });
      return { said, reason: { kind: "problem", code } };
    }
    case "run.cancelled":
      return { said: word("cancelled", { run, by: event.by }) };
    default:
      return undefined;
  }
}

/** As people see runs named everywhere. */
const SHORT_ID_CHARS = 6;
const TEXT_CHARS = 500;

const cut = (text: string): string => {
  const line = text.replace(/\s+/g, " ");
  return line.length > TEXT_CHARS ? `${line.slice(0, TEXT_CHARS - 1)}…` : line;
};
