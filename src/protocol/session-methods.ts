/** Methods about sessions: what an agent does, and what a person can do about it. */
import { z } from "zod";
import { Asked } from "../domain/permission.ts";
import { Evidence } from "../domain/session.ts";
import { SessionView } from "../domain/view.ts";
import { By, Done, type Method, RunRef, SessionRef } from "./refs.ts";

/** A live session, with how to reach it. */
export const SessionNow = z.strictObject({
  ...SessionView.shape,
  pid: z.int().optional(),
  attach: z
    .union([
      z.strictObject({ argv: z.array(z.string()), readOnlyArgv: z.array(z.string()) }),
      z.strictObject({ socket: z.string() }),
      z.strictObject({ transcript: z.string().describe("A file of JSON lines that grows as the agent works") }),
    ])
    .optional(),
  evidence: z.array(Evidence),
  asks: Asked.optional().describe("What the agent asks permission for"),
  recording: z.string().optional(),
});
export type SessionNow = z.infer<typeof SessionNow>;

/** What acts on one session, on whose word. */
const OfSession = z.strictObject({ session: SessionRef, by: By });

export const SESSION_METHODS = {
  "session.list": {
    summary: "Sessions of active runs; of all recent runs with `all`",
    params: z.strictObject({ run: RunRef.optional(), all: z.boolean().default(false) }),
    result: z.strictObject({ sessions: z.array(SessionNow) }),
  },
  "session.show": {
    summary: "One session: its state, what that rests on, and its screen",
    params: z.strictObject({ session: SessionRef }),
    result: z.strictObject({
      session: SessionNow,
      screen: z.array(z.string()).optional(),
      explanation: z.array(z.string()),
    }),
  },
  "session.send": {
    summary: "Send a text to an agent, as a person would type it",
    params: z.strictObject({ session: SessionRef, text: z.string().min(1).max(1_000_000), by: By }),
    result: z.strictObject({ session: z.string(), delivered: z.boolean(), detail: z.string() }),
  },
  "session.interrupt": {
    summary: "Stop the turn that an agent is in",
    params: OfSession,
    result: Done,
  },
  "session.pause": {
    summary: "Hold a model agent before its next call of the model",
    params: OfSession,
    result: Done,
  },
  "session.resume": {
    summary: "Let an agent that was paused go on",
    params: OfSession,
    result: Done,
  },
  "session.restart": {
    summary: "End an agent and start it again",
    params: OfSession,
    result: Done,
  },
  "session.kill": {
    summary: "End an agent; its run decides what follows",
    params: OfSession,
    result: Done,
  },
  "session.record": {
    summary: "Where the recording of a session is",
    params: z.strictObject({ session: SessionRef }),
    result: z.strictObject({ session: z.string(), file: z.string(), bytes: z.int() }),
  },
} as const satisfies Record<string, Method>;
