/**
 * The method table: every request the daemon answers, with the shapes of its parameters and its result.
 * The client's types, the daemon's validation and `docs/protocol.md` are made from it.
 */
import type { z } from "zod";
import { DAEMON_METHODS } from "./daemon-methods.ts";
import { ESCALATION_METHODS } from "./escalation-methods.ts";
import { EVENT_METHODS } from "./event-methods.ts";
import type { Method } from "./refs.ts";
import { RUN_METHODS } from "./run-methods.ts";
import { SESSION_METHODS } from "./session-methods.ts";
import { SPENDING_METHODS } from "./spending-methods.ts";
import { TALK_METHODS } from "./talk-methods.ts";

export const METHODS = {
  ...DAEMON_METHODS,
  ...RUN_METHODS,
  ...TALK_METHODS,
  ...SESSION_METHODS,
  ...SPENDING_METHODS,
  ...ESCALATION_METHODS,
  ...EVENT_METHODS,
} as const satisfies Record<string, Method>;

export type MethodName = keyof typeof METHODS;
/** What a caller gives: defaults may be left out. */
export type ParamsIn<M extends MethodName> = z.input<(typeof METHODS)[M]["params"]>;
export type Params<M extends MethodName> = z.output<(typeof METHODS)[M]["params"]>;
export type Result<M extends MethodName> = z.output<(typeof METHODS)[M]["result"]>;
