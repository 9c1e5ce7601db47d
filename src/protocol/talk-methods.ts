/** Methods about talks: runs in which a person and an agent take turns. */
import { z } from "zod";
import { By, type Method, RunRef } from "./refs.ts";

/** Longest message of a talk: the request that carries it is limited to 1 MiB. */
export const MAX_SAID_CHARACTERS = 250_000;

export const TALK_METHODS = {
  "talk.say": {
    summary: "Say something in a talk: the agent is told, and a turn begins",
    params: z.strictObject({
      run: RunRef,
      text: z.string().min(1).max(MAX_SAID_CHARACTERS),
      key: z.string().min(1).max(200).optional().describe("Said again with the same key, it is the same turn"),
      by: By,
    }),
    result: z.strictObject({ run: z.string(), turn: z.int() }),
  },
  "talk.turn": {
    summary: "What was said in a turn of a talk, and answered as far as that is known",
    params: z.strictObject({ run: RunRef, turn: z.int().positive() }),
    result: z.strictObject({ turn: z.int(), said: z.string(), answered: z.string().optional() }),
  },
  "talk.undo": {
    summary: "Take back what the last turn has changed in the worktree",
    params: z.strictObject({ run: RunRef, by: By }),
    result: z.strictObject({ turn: z.int(), files: z.int() }),
  },
  "talk.choose": {
    summary: "Go on with another persona or another model; the worktree stays, the conversation begins anew",
    params: z.strictObject({
      run: RunRef,
      persona: z.string().min(1).max(80).optional(),
      model: z.string().min(1).max(200).optional(),
      by: By,
    }),
    result: z.strictObject({ persona: z.string(), model: z.string().optional() }),
  },
  "talk.end": {
    summary: "End a talk: its record is kept, its agent ends, its branch and worktree stay",
    params: z.strictObject({ run: RunRef, by: By }),
    result: z.strictObject({ run: z.string() }),
  },
} as const satisfies Record<string, Method>;
