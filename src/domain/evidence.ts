/**
 * What an agent is doing, judged from everything that can be seen of it. Pure: the same observation gives the same verdict.
 *
 * E1. Strongest first: the process has ended; the program status; its event stream; a hook, for a moment; the title; the screen's last rows; prompt
 *     marks and the progress bar; the composer. A known dialog tells what exactly an agent waits for, so it refines what the first of these say,
 *     unless they say working.
 * E2. Ready needs proof: an empty composer under the cursor, nothing that says otherwise, and the witness that the profile asks for.
 * E3. A channel that says busy outweighs one that says idle, whichever is stronger: a wrong "busy" costs time, a wrong "ready" a prompt.
 * E4. A text in the composer that devflow did not type belongs to a person: the agent awaits their input.
 * E5. A notice or the bell says that a person is wanted, not for what: it counts only where no composer and no rule says anything.
 */
import type { AgentProfile, Dialog } from "./agent-profile.ts";
import { type ComposerView, composerOf, isOurs } from "./composer.ts";
import type { StreamSaid } from "./event-stream.ts";
import { HOOK_HOLDS_MS } from "./hook-event.ts";
import { type ReadDialog, readPermission } from "./permission-dialog.ts";
import type { ProgramStatus } from "./program-status.ts";
import { resetTime } from "./reset-time.ts";
import { matches, pattern, region, type ScreenRule, type ScreenView } from "./screen-rule.ts";
import type { AgentState, Evidence, Verdict } from "./session.ts";
import type { PromptMark } from "./terminal-signal.ts";
import { troubleSaid } from "./trouble.ts";

export interface Observation {
  screen: ScreenView;
  /** When the program last wrote something. */
  lastOutputAt: number;
  exit?: { code?: number; signal?: string } | undefined;
  /** The last report of the program on itself, and when it came. */
  programStatus?: { status: ProgramStatus; at: number } | undefined;
  /** The last notice or bell since it was last seen working or ready. */
  notice?: { said: string; at: number } | undefined;
  /** What its event stream says, while it is believed. */
  stream?: StreamSaid | undefined;
  /** The last prompt mark that it has drawn. */
  mark?: { mark: PromptMark; at: number } | undefined;
  /** The last that one of its hooks has said. */
  hook?: { state: AgentState; said: string; at: number } | undefined;
  /** The last that its progress bar has said. */
  progress?: { busy: boolean; at: number } | undefined;
  /** What devflow typed into the composer and has not seen submitted. */
  typed?: string | undefined;
  now: number;
}

export interface Judgement extends Omit<Verdict, "asks"> {
  composer: ComposerView;
  /** True when what stands in the composer is what devflow typed. */
  ours: boolean;
  /** A dialog stands on the screen. `keys` answer it by policy; without keys a person must. */
  dialog?: Pick<Dialog, "id" | "keys" | "policy">;
  /** What it asks permission for, and the keys that answer it. */
  permission?: ReadDialog;
  /** The last turn has failed; the agent is idle again. */
  failed?: { cause: string; said: string };
}

/** What is said of an agent at a moment: to a person, and to whoever wants to send it a prompt. */
export interface Standing extends Verdict {
  composer: ComposerView["kind"];
  dialog?: Pick<Dialog, "id" | "policy">;
  failed?: { cause: string; said: string };
}

/**
 * The verdict that was believed, and the screen as it is now, together: ready only when both are. A screen that says nothing leaves
 * a busy agent busy, but nobody is ready on the strength of what was seen before.
 */
export function standing(believed: Verdict, now: Judgement): Standing {
  const { composer, dialog, failed } = now;
  const hushed = now.state === "unknown" && believed.state !== "ready";
  const { state, evidence, until } = hushed || now.state === "ready" ? { ...believed, evidence: now.evidence } : now;
  return {
    state,
    evidence,
    ...(until !== undefined && { until }),
    composer: composer.kind,
    ...(dialog && { dialog: { id: dialog.id, policy: dialog.policy } }),
    ...(failed && { failed }),
  };
}

type Profile = Pick<AgentProfile, "interactive">;

const MAX_SAID = 500;

export function judge({ interactive }: Profile, seen: Observation): Judgement {
  const composer = composerOf(interactive.composer, seen.screen);
  const ours = composer.kind === "draft" && isOurs(interactive.composer, composer.text, seen.typed);
  const evidence: Evidence[] = [];
  const note = (source: Evidence["source"], said: string, at: number) =>
    evidence.push({ source, said: said.slice(0, MAX_SAID), at });
  const found = (state: AgentState, more: Partial<Judgement> = {}): Judgement => {
    const asks = state === "awaiting_permission" && readPermission(interactive.permissions, seen.screen);
    return { state, evidence, composer, ours, ...(asks && { permission: asks }), ...more };
  };

  if (seen.exit) {
    note("process", exitWords(seen.exit), seen.now);
    return found("exited");
  }
  const { status, title, busy, told } = claimsOf(interactive, seen, seen.screen.title);
  evidence.push(...told);
  if (busy === "working") return found(busy);

  const onScreen = (said: string) => note("screen", said, seen.lastOutputAt);
  for (const { id, when, policy, keys, state } of interactive.dialogs) {
    const row = matches(when, seen.screen);
    if (row === undefined) continue;
    onScreen(`the dialog ${id} is open: ${row}`);
    const dialog = { id, policy, ...(keys ? { keys } : {}) };
    return found(policy === "park" ? (state ?? "awaiting_input") : "booting", { dialog });
  }
  if (busy) return found(busy);
  const spoken = { status: status !== undefined, title: title !== undefined };
  for (const { state, when, without, until } of interactive.screen) {
    if (without.some((channel) => spoken[channel])) continue;
    const row = matches(when, seen.screen);
    if (row === undefined) continue;
    const end = state === "rate_limited" ? limitEnd(until, when, seen) : undefined;
    // A limit that is over says nothing any more: the notice only stands on the screen still.
    if (end !== undefined && end <= seen.now) continue;
    onScreen(row);
    return found(state, end === undefined ? {} : { until: end });
  }
  const mark = markClaim(interactive.marks, seen);
  if (mark) note("signal", `it has drawn the prompt mark ${mark.mark}`, mark.at);
  if (mark?.state === "working") return found(mark.state);
  const { progress } = seen;
  if (interactive.progress && progress?.busy && seen.now - progress.at < PROGRESS_HOLDS_MS) {
    note("signal", "its progress bar is shown", progress.at);
    return found("working");
  }
  return atRest(interactive, seen, { composer, ours, status, title, found, note, onScreen });
}

/** The prompt marks of a shell (OSC 133) as the profile reads them, while the last one is believed. */
function markClaim({ holds, ...means }: AgentProfile["interactive"]["marks"], { mark, now }: Observation) {
  const state = mark && means[mark.mark];
  return mark && state && now - mark.at < holds ? { ...mark, state } : undefined;
}

/** What it tells without its screen, strongest first. */
function claimsOf(interactive: AgentProfile["interactive"], seen: Omit<Observation, "screen">, shown: string) {
  const status = interactive.programStatus ? statusClaim(seen.programStatus) : undefined;
  const { stream, now } = seen;
  const hook = seen.hook && now - seen.hook.at < HOOK_HOLDS_MS ? seen.hook : undefined;
  const title = titleClaim(interactive, shown);
  const told: Evidence[] = [];
  const note = (source: Evidence["source"], said: string, at: number) =>
    told.push({ source, said: said.slice(0, MAX_SAID), at });
  if (status) note("status", status.said, status.at);
  if (stream) note("stream", stream.said, stream.at);
  if (hook) note("hook", hook.said, hook.at);
  if (title) note("title", shown, seen.lastOutputAt);
  // Of a dialog a hook tells before it stands: what it is, is on the screen.
  const begun = hook?.state === "working" ? hook : undefined;
  const busy = [status, stream, begun, title].find((claim) => claim !== undefined && claim.state !== "ready")?.state;
  return { status, title, busy, told };
}

/**
 * That it works, and by what, where that is sure whatever stands on its screen: then the screen need not be read, which is what costs most in
 * watching an agent at work.
 */
export function worksAnyway(
  { interactive }: Profile,
  seen: Omit<Observation, "screen">,
  title: string,
): Judgement | undefined {
  if (seen.exit) return undefined;
  const { busy, told } = claimsOf(interactive, seen, title);
  return busy === "working" ? { state: busy, evidence: told, composer: { kind: "hidden" }, ours: false } : undefined;
}

/** A progress bar that was not drawn again for so long may just have been forgotten, in milliseconds. */
const PROGRESS_HOLDS_MS = 60_000;

interface Claim {
  state: AgentState;
  said: string;
  at: number;
  failed: boolean;
}

const OF_STATUS: Record<ProgramStatus["state"], AgentState | undefined> = {
  idle: "ready",
  done: "ready",
  error: "ready",
  working: "working",
  blocked: "awaiting_input",
  clear: undefined,
};
const OF_BLOCK: Record<NonNullable<ProgramStatus["kind"]>, AgentState> = {
  permission: "awaiting_permission",
  question: "awaiting_input",
  auth: "login_required",
};

function statusClaim(report: Observation["programStatus"]): Claim | undefined {
  if (!report) return undefined;
  const { state, kind } = report.status;
  const claimed = state === "blocked" && kind ? OF_BLOCK[kind] : OF_STATUS[state];
  if (claimed === undefined) return undefined;
  return { state: claimed, said: kind ? `${state}: ${kind}` : state, at: report.at, failed: state === "error" };
}

function titleClaim({ title }: AgentProfile["interactive"], shown: string): { state: AgentState } | undefined {
  const rule = title.find(({ regex }) => pattern(regex).test(shown));
  return rule && { state: rule.state };
}

/** An agent that does not say when its limit ends is tried again so long after it said the last thing, in milliseconds. */
const UNKNOWN_LIMIT_MS = 15 * 60_000;

/** A time of day, or a length of time, is meant from when it was printed: from now, its end would move along with us. */
function limitEnd(until: string | undefined, when: ScreenRule, { screen, lastOutputAt }: Observation): number {
  for (const row of until === undefined ? [] : region(when, screen)) {
    const printed = pattern(until ?? "").exec(row)?.[1];
    const end = printed === undefined ? undefined : resetTime(printed, lastOutputAt);
    if (end !== undefined) return end;
  }
  return lastOutputAt + UNKNOWN_LIMIT_MS;
}

interface Rest {
  composer: ComposerView;
  ours: boolean;
  status: Claim | undefined;
  title: { state: AgentState } | undefined;
  found: (state: AgentState, more?: Partial<Judgement>) => Judgement;
  note: (source: Evidence["source"], said: string, at: number) => void;
  onScreen: (said: string) => void;
}

/** Nothing says that the agent is busy: is it ready, or is that just not visible? */
function atRest(interactive: AgentProfile["interactive"], seen: Observation, rest: Rest): Judgement {
  const { composer, ours, status, title, found, note, onScreen } = rest;
  if (composer.kind === "hidden") {
    const blank = seen.screen.rows.every((row) => row.trim() === "");
    const { notice } = seen;
    if (notice && !blank) {
      note("signal", notice.said, notice.at);
      onScreen("no composer is visible");
      return found(
        interactive.notices.find(({ regex }) => pattern(regex).test(notice.said))?.state ?? "awaiting_input",
      );
    }
    onScreen(blank ? "the screen is blank" : "no composer is visible");
    return found(blank ? "booting" : "unknown");
  }
  if (composer.kind === "draft") {
    onScreen(ours ? "the composer holds what devflow typed" : `the composer holds a draft: ${composer.text}`);
    return found(ours ? "unknown" : "awaiting_input");
  }
  if (interactive.ready && matches(interactive.ready, seen.screen) === undefined) {
    onScreen("the composer is empty, but the rest of a ready screen is missing");
    return found("unknown");
  }
  const heard = { status: status !== undefined, title: title !== undefined };
  if (interactive.witness.length > 0 && !interactive.witness.some((channel) => heard[channel])) {
    onScreen(`the composer is empty, but ${interactive.witness.join(" and ")} say nothing`);
    return found("unknown");
  }
  onScreen("the composer is empty");
  return afterTurn(interactive, seen, rest);
}

/** The agent is idle: did its last turn fail? */
function afterTurn(
  { failed }: AgentProfile["interactive"],
  seen: Observation,
  { status, found, onScreen }: Rest,
): Judgement {
  const row = failed?.when && matches(failed.when, seen.screen);
  if (!failed || !((failed.status && status?.failed) || row !== undefined)) return found("ready");
  for (const { cause, when, until } of failed.causes) {
    const said = matches(when, seen.screen);
    if (said === undefined) continue;
    const end = cause === "rate_limited" ? limitEnd(until, when, seen) : undefined;
    if (end !== undefined && end <= seen.now) return found("ready");
    onScreen(said);
    return found(stateAfter(cause), { failed: { cause, said }, ...(end === undefined ? {} : { until: end }) });
  }
  // That it has failed is on the screen; why, in what its stream told of that turn, or in words that all providers use.
  const { kind: cause = "unknown", said } = troubleSaid(seen.stream?.failed ?? "") ?? troubleSaid(row ?? "") ?? {};
  const until = cause === "rate_limited" ? seen.lastOutputAt + UNKNOWN_LIMIT_MS : undefined;
  if (until !== undefined && until <= seen.now) return found("ready");
  const why = said ?? row ?? "the program status says error";
  return found(stateAfter(cause), { failed: { cause, said: why }, ...(until !== undefined && { until }) });
}

const stateAfter = (cause: string): AgentState =>
  cause === "login_required" || cause === "rate_limited" ? cause : "ready";

const exitWords = ({ code, signal }: NonNullable<Observation["exit"]>): string =>
  signal !== undefined ? `ended by ${signal}` : code !== undefined ? `ended with exit code ${code}` : "ended";
