/** Methods about the daemon itself, its keys, its notifications and its record. */
import { z } from "zod";
import { AuditLine } from "../domain/audit.ts";
import { KeyChange } from "../domain/key-change.ts";
import { Done, Empty, type Method, RunRef } from "./refs.ts";

const DaemonStatus = z.strictObject({
  pid: z.int(),
  version: z.string(),
  startedAt: z.number(),
  socket: z.string(),
  home: z.string(),
  host: z.enum(["tmux", "pty", "none"]),
  paused: z.boolean(),
  runs: z.strictObject({ running: z.int(), waiting: z.int() }),
  sessions: z.int(),
  memoryMb: z.number(),
  /** What stands in the way now: runs wait for it, and go on by themselves once it is gone. */
  problems: z.array(z.strictObject({ code: z.string(), message: z.string(), hint: z.string() })),
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;

export const DAEMON_METHODS = {
  "daemon.ping": {
    summary: "Is anybody there",
    params: Empty,
    result: z.strictObject({ pid: z.int(), version: z.string() }),
  },
  "daemon.status": { summary: "What the daemon is and does", params: Empty, result: DaemonStatus },
  "daemon.methods": {
    summary: "This table, with JSON Schemas",
    params: z.strictObject({ method: z.string().optional() }),
    result: z.array(
      z.strictObject({ method: z.string(), summary: z.string(), params: z.unknown(), result: z.unknown() }),
    ),
  },
  "daemon.pause": { summary: "Start no new steps; what is under way goes on", params: Empty, result: Done },
  "daemon.resume": { summary: "Go on after a pause", params: Empty, result: Done },
  "daemon.shutdown": {
    summary: "Stop; agents in terminals live on and are taken up again",
    params: Empty,
    result: Done,
  },
  "keys.changed": {
    summary: "Keys were kept or deleted: what the keyring holds is read anew, and who did it is recorded",
    params: z.strictObject({ change: KeyChange.optional() }),
    result: Done,
  },
  "notify.test": {
    summary: "Send a notification to every channel that the settings have, and say how that went",
    params: Empty,
    result: z.strictObject({
      sent: z.array(
        z.strictObject({
          channel: z.string(),
          told: z.boolean(),
          problem: z.string().optional().describe("Why it was not told"),
        }),
      ),
    }),
  },
  "daemon.backup": {
    summary: "Write everything that devflow knows into one archive, while it runs",
    params: z.strictObject({ file: z.string().startsWith("/").describe("An absolute path where nothing is yet") }),
    result: z.strictObject({ file: z.string(), bytes: z.int() }),
  },
  "audit.read": {
    summary: "Lines of the audit record, in their order: those behind a line, or the last ones",
    params: z.strictObject({
      after: z.int().nonnegative().optional(),
      limit: z.int().min(1).max(1_000).default(50),
      run: RunRef.optional(),
    }),
    result: z.strictObject({
      lines: z.array(AuditLine),
      seen: z.int().describe("The last line that was looked at: where to go on from"),
    }),
  },
  "audit.verify": {
    summary: "Prove the audit record whole: no line changed, dropped, added, moved, or cut off at the end",
    params: Empty,
    result: z.strictObject({
      whole: z.boolean(),
      files: z.int(),
      lines: z.int(),
      last: z.strictObject({ seq: z.int(), hash: z.string() }),
      problems: z.array(
        z.strictObject({
          kind: z.enum(["changed", "missing", "added", "moved", "cut off", "rewritten"]),
          said: z.string(),
          file: z.string(),
          line: z.int(),
        }),
      ),
    }),
  },
} as const satisfies Record<string, Method>;
