/**
 * Typing a prompt into an agent's composer, and knowing that it was taken.
 *
 * Y1. Text is typed only into an empty composer of a ready agent, with no person at the keys; else the prompt is held.
 * Y2. Text and Enter have keys of their own: what this terminal has taken is never typed again (T3).
 * Y3. Enter is pressed only while the composer shows what devflow typed; never into a dialog, never into a draft.
 * Y4. The receipt is the agent working, as its status, its title or its screen says after Enter; a changed screen is none.
 * Y5. Text is pasted only into a program that has asked for pastes to be marked: before, it would read a paste as keys, one by one.
 */
import { type AgentProfile, goesByFile } from "../../domain/agent-profile.ts";
import type { Judgement } from "../../domain/evidence.ts";
import type { Evidence } from "../../domain/session.ts";
import { utf8Bytes } from "../../domain/text.ts";
import type { Delivery, Prompt } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Terminal } from "../../ports/terminal-host.ts";
import type { Observer } from "./observer.ts";

/** An agent that has taken a prompt shows that it works within this; the slowest measured took 2 s on a busy machine. */
const RECEIPT_MS = 5_000;

/** How long the composer may take to show a paste; large ones are drawn in pieces. */
const SHOWN_MS = 3_000;

/** Why a wait is given up. Without a reason an error is made for each, with its stack, which nobody reads. */
const OVER = "over";

/** Enter is tried this often for one prompt, over all calls. */
const MAX_ENTERS = 8;

export interface DeliveryDeps {
  terminal: Terminal;
  observer: Observer;
  profile: AgentProfile;
  clock: Clock;
}

/** What has to be known before a prompt is typed. */
export interface Asked {
  taken: readonly string[];
  /** Why nothing may be typed now (Y1), if so. */
  held: string | undefined;
}

/** Asked side by side: somebody waits for every answer on the way to the paste. */
export async function askBefore({ key, fresh }: Pick<Prompt, "key" | "fresh">, deps: DeliveryDeps): Promise<Asked> {
  const [taken, held] = await Promise.all([fresh ? [] : takenOf(key, deps), obstacle(deps)]);
  return { taken, held };
}

const takenOf = (key: string, { terminal }: DeliveryDeps) => terminal.taken([pasteKey(key), ...enterKeys(key)]);

const pasteKey = (key: string): string => `${key}/paste`;
const enterKeys = (key: string): string[] => Array.from({ length: MAX_ENTERS }, (_, n) => `${key}/enter/${n + 1}`);

export async function typePrompt(
  prompt: Prompt,
  deps: DeliveryDeps,
  signal: AbortSignal,
  asked = askBefore(prompt, deps),
): Promise<Delivery> {
  const { terminal, observer, profile, clock } = deps;
  const enters = enterKeys(prompt.key);
  let { taken, held } = await asked;
  if (terminal.exit) return { kind: "lost", reason: "the agent has ended" };
  const text = typedText(prompt, profile);
  if (!taken.includes(pasteKey(prompt.key))) {
    if (held) return { kind: "held", reason: held };
    const pasted = await terminal.paste(pasteKey(prompt.key), text);
    if (pasted === "gone") return { kind: "lost", reason: "the agent ended before the prompt" };
    if (pasted === "already") taken = await takenOf(prompt.key, deps);
  }
  observer.typed(text);
  const from = clock.now();
  const pressed = enters.filter((key) => taken.includes(key)).length;
  const before = pressed > 0 ? await receipt(deps, { since: 0, within: 0, wasPressed: true }, signal) : undefined;
  if (before) return delivered(observer, before);
  const enter = enters[pressed];
  if (!enter) return { kind: "unconfirmed", reason: `Enter was pressed ${MAX_ENTERS} times` };
  const shown = await untilOurs(deps, signal);
  if (shown.kind === "working") return delivered(observer, shown.evidence); // a person pressed Enter before devflow did
  if (shown.kind === "refused") return { kind: "unconfirmed", reason: shown.reason };
  await clock.sleep(profile.interactive.submitGap, signal);
  if (signal.aborted) return { kind: "unconfirmed", reason: "stopped" };
  const [first = "Enter", ...more] = profile.interactive.submit;
  if ((await terminal.press(enter, first, ...more)) === "gone")
    return { kind: "lost", reason: "the agent ended before Enter" };
  const after = await receipt(deps, { since: from, within: RECEIPT_MS, wasPressed: true }, signal);
  if (after) return delivered(observer, after);
  return terminal.exit
    ? { kind: "lost", reason: "the agent ended while it took the prompt" }
    : { kind: "unconfirmed", reason: "the agent does not show that it works" };
}

/** What is typed of a prompt: all of it, where the agent takes that. */
export function typedText(prompt: Prompt, { interactive }: AgentProfile): string {
  const byFile = utf8Bytes(prompt.text) > interactive.maxPaste || goesByFile(interactive, prompt.text);
  return byFile ? pointer(prompt) : prompt.text;
}

/** What is typed in place of a prompt that the agent cannot take whole. */
export const pointer = ({ file }: Prompt): string =>
  `Read this file whole, it is your task, and do exactly what it says: ${file} .`;

function delivered(observer: Observer, evidence: Evidence): Delivery {
  observer.typed(undefined);
  return { kind: "delivered", receipt: [evidence] };
}

async function obstacle({ terminal, observer, profile }: DeliveryDeps): Promise<string | undefined> {
  const [seen, person, screen] = await Promise.all([observer.look(), terminal.busyWithPerson(), terminal.screen()]);
  if (seen.dialog) return `a dialog is open (${seen.dialog.id})`;
  if (seen.composer.kind === "draft") return `the composer holds a draft: ${seen.composer.text.slice(0, 60)}`;
  if (seen.state !== "ready") return `it is ${seen.state.replaceAll("_", " ")}`;
  if (observer.verdict().state !== "ready") return "it has only just become ready";
  if (profile.interactive.bracketedPaste && screen.bracketedPaste === false) return "it does not take pastes yet";
  return person ? "a person is at its keys" : undefined;
}

type Shown = { kind: "ours" } | { kind: "working"; evidence: Evidence } | { kind: "refused"; reason: string };

/** Waits until the composer shows what was pasted (Y3); says why not, otherwise. */
async function untilOurs(deps: DeliveryDeps, signal: AbortSignal): Promise<Shown> {
  const seen = await lookUntil(deps, SHOWN_MS, signal, (judgement) => judgement.ours || judgement.state === "working");
  if (seen?.ours) return { kind: "ours" };
  const [evidence] = seen?.evidence ?? [];
  if (evidence) return { kind: "working", evidence };
  const { dialog, composer } = await deps.observer.look();
  if (dialog) return { kind: "refused", reason: `a dialog opened over the prompt (${dialog.id})` };
  return {
    kind: "refused",
    reason: composer.kind === "draft" ? "the composer holds something else" : "the composer does not show the prompt",
  };
}

interface Wanted {
  /** The agent must have worked after this. */
  since: number;
  within: number;
  wasPressed: boolean;
}

async function receipt(
  deps: DeliveryDeps,
  { since, within, wasPressed }: Wanted,
  signal: AbortSignal,
): Promise<Evidence | undefined> {
  const { observer, clock } = deps;
  const seen = (): Evidence | undefined => {
    const worked = observer.workedAt();
    return worked && worked.at >= since && since > 0 ? worked : undefined;
  };
  const found = await lookUntil(
    deps,
    within,
    signal,
    (judgement) => seen() !== undefined || judgement.state === "working",
  );
  const proof = seen() ?? (found?.state === "working" ? found.evidence[0] : undefined);
  if (proof) return proof;
  // A turn that ended before anybody looked (the daemon was away): the composer gave the text to the agent, and holds nothing now.
  const now = await observer.look();
  const given = wasPressed && now.composer.kind === "empty" && now.state === "ready";
  return given
    ? { source: "screen", said: "Enter was taken: the composer is empty again", at: clock.now() }
    : undefined;
}

/** Looks now and at every change until `enough`, for at most `ms`; gives the last look that was enough. */
export async function lookUntil(
  { observer, terminal, clock }: DeliveryDeps,
  ms: number,
  signal: AbortSignal,
  enough: (judgement: Judgement) => boolean,
): Promise<Judgement | undefined> {
  const timeUp = new AbortController();
  const stop = (): void => timeUp.abort(OVER);
  signal.addEventListener("abort", stop, { once: true });
  let ring: () => void = () => {};
  const off = terminal.on(() => ring());
  try {
    const over = clock.sleep(ms, timeUp.signal).then(() => "over" as const);
    for (;;) {
      const rung = new Promise<"rung">((resolve) => {
        ring = () => resolve("rung");
      });
      const judgement = await observer.look();
      if (enough(judgement)) return judgement;
      if (ms === 0 || signal.aborted || terminal.exit) return undefined;
      if ((await Promise.race([rung, over])) === "over") return undefined;
    }
  } finally {
    off();
    stop();
    signal.removeEventListener("abort", stop);
  }
}
