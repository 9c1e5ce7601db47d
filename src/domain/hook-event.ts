/**
 * Hooks: what an agent tells of itself through a program that it runs at certain moments. Which moment means what is data in `agents/*.yaml`.
 *
 * H1. A hook says that something has begun, and seldom that it has ended: none fires when a turn is interrupted. So it counts for a
 *     moment only, until the screen or the title has had time to show the same.
 * H2. The same tool call over and over is no work.
 */
import { z } from "zod";
import { AgentState } from "./session.ts";

/** How long a hook is believed when nothing else says the same, in milliseconds. */
export const HOOK_HOLDS_MS = 2_000;

/** An agent that makes one tool call so often in a row goes round in a circle. */
export const REPEATED_CALLS = 12;

export const Hooks = z.strictObject({
  args: z
    .array(z.array(z.string()))
    .default([])
    .describe("Further arguments; {hooks} is the settings file that names them, {hooks:toml} the same as a TOML table"),
  env: z.record(z.string(), z.string()).default({}).describe("Further variables; {hooks} is that file"),
  events: z
    .record(
      z.string().regex(/^[A-Za-z]+$/),
      AgentState.extract(["working", "ready", "awaiting_permission", "awaiting_input"]),
    )
    .describe("The events that it is asked to tell, and what each means"),
  trusted: z
    .string()
    .max(300)
    .optional()
    .describe(
      "It asks about hooks that it does not know. This names where devflow's own stand, for it to know just those",
    ),
});
export type Hooks = z.infer<typeof Hooks>;

/** The settings file that makes the agent run `command` at each event; Claude Code, Codex and Gemini CLI share its shape. */
export const hookSettings = ({ events }: Hooks, command: string): string =>
  JSON.stringify({
    hooks: Object.fromEntries(
      Object.keys(events).map((event) => [event, [{ matcher: "*", hooks: [{ type: "command", command }] }]]),
    ),
  });

/** How long Codex lets a hook run, in seconds, where nothing else is said; it is a part of what makes a hook the same. */
const HOOK_TIMEOUT_S = 600;

/**
 * The same as a TOML table in one line. With `trusted`, a hook is known to the agent by the SHA-256 over what it is, as Codex reckons it: so
 * exactly this command may run unasked, and no other that a repository or a user brings.
 */
export function hookTable({ events, trusted }: Hooks, command: string, digest: (text: string) => string): string {
  const names = Object.keys(events);
  const quoted = JSON.stringify(command);
  const hooks = names.map((event) => `${event}=[{hooks=[{type="command",command=${quoted}}]}]`);
  const known = names.map((event) => {
    const name = event.replace(/(?<!^)([A-Z])/g, "_$1").toLowerCase();
    const hook = { async: false, command, timeout: HOOK_TIMEOUT_S, type: "command" };
    const hash = digest(JSON.stringify({ event_name: name, hooks: [hook] }));
    return `${JSON.stringify(`${trusted}:${name}:0:0`)}={trusted_hash="sha256:${hash}"}`;
  });
  return `{${[...hooks, ...(trusted === undefined ? [] : [`state={${known.join(",")}}`])].join(",")}}`;
}

const Line = z.looseObject({
  hook_event_name: z.string(),
  session_id: z.string().optional(),
  tool_name: z.string().optional(),
  tool_input: z.unknown().optional(),
});

export interface HookSaid {
  event: string;
  state: Hooks["events"][string];
  /** The agent's own id of its conversation. */
  conversation?: string;
  /** The shell command that it is about to run, or asks about. */
  command?: string;
  /** The tool call, as far as two of them can be told apart. */
  call?: string;
}

/** Undefined for a line that tells nothing, or of an event that means nothing. */
export function hookSaid({ events }: Hooks, value: unknown): HookSaid | undefined {
  const line = Line.safeParse(value);
  if (!line.success) return undefined;
  const { hook_event_name: event, session_id, tool_name, tool_input } = line.data;
  const state = events[event];
  if (state === undefined) return undefined;
  const command = z.looseObject({ command: z.string() }).safeParse(tool_input).data?.command;
  return {
    event,
    state,
    ...(session_id !== undefined && { conversation: session_id }),
    ...(command !== undefined && { command }),
    ...(tool_name !== undefined && { call: `${tool_name} ${JSON.stringify(tool_input)}` }),
  };
}

/** How often the newest tool call was made in a row, given what is known of those before it. */
export function repeated(before: { call: string; times: number } | undefined, { event, call }: HookSaid) {
  if (call === undefined || !/^(?:PreToolUse|BeforeTool)$/.test(event)) return before;
  return { call, times: before?.call === call ? before.times + 1 : 1 };
}

/** Whether a dialog shows this command whole, however it was wrapped. */
export function shows(text: string, command: string): boolean {
  const plain = (one: string): string => one.replace(/\s+/gu, "");
  return command !== "" && plain(text).includes(plain(command));
}
