/**
 * Trouble: what keeps an agent from its work without being its fault. One row a kind: whose it is, and what helps.
 *
 * U1. What is the account's holds every session on it: one tries again when the time has come, the others follow once it got through.
 * U2. The time is the one that was printed; where none was, it is tried again after a while, longer each time. None is invented.
 * U3. Trouble is no loss: an agent in it is not started again, and the clock of its phase stands still.
 */
import type { RoleSession } from "./run-state.ts";
import type { Verdict } from "./session.ts";
import type { Trouble, TroubleSaid } from "./trouble-kind.ts";

export interface TroubleRow {
  /** Whose it is: the account's, with all its sessions, or this session's alone. */
  of: "account" | "session";
  /** later: it is told to go on, by and by; person: nobody else can help; fresh: compacted, or started again; interrupt: its turn is ended. */
  helps: "later" | "person" | "fresh" | "interrupt";
  words: string;
}

// biome-ignore format: read by column
export const TROUBLES: Record<Trouble, TroubleRow> = {
  rate_limited:   { of: "account", helps: "later",     words: "its account has reached a limit" },
  login_required: { of: "account", helps: "person",    words: "its account is not logged in" },
  provider:       { of: "account", helps: "later",     words: "its provider fails" },
  network:        { of: "account", helps: "later",     words: "its provider cannot be reached" },
  overloaded:     { of: "account", helps: "later",     words: "its model is overloaded" },
  context_full:   { of: "session", helps: "fresh",     words: "its context is full" },
  repeating:      { of: "session", helps: "interrupt", words: "it makes the same tool call over and over" },
};

/** A login that nobody has told of is looked for after this, by one session, in milliseconds. */
export const LOGIN_LOOK_MS = 5 * 60_000;

/** The trouble that a verdict tells of, if any. */
export function troubleIn({ state, evidence, trouble }: Verdict): TroubleSaid | undefined {
  if (trouble) return trouble;
  if (state !== "rate_limited" && state !== "login_required") return undefined;
  return { kind: state, said: evidence[0]?.said ?? TROUBLES[state].words };
}

/** In order: what failure texts of agents and providers have in common. A profile may know better. */
const SIGNS: readonly [Trouble, RegExp][] = [
  ["rate_limited", /usage limit|rate.?limit|quota|\b429\b/i],
  ["login_required", /\b401\b|unauthori[sz]ed|not logged in|invalid api key/i],
  ["context_full", /prompt is too long|context (?:length|window)|ran out of room|maximum context/i],
  ["overloaded", /overloaded|\b529\b|server is busy/i],
  ["network", /ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|fetch failed|unable to connect|connection error|network/i],
  ["provider", /\b5\d\d\b|internal server error|bad gateway|service unavailable|stream disconnected/i],
];

export const troubleSaid = (text: string): TroubleSaid | undefined => {
  const [kind] = SIGNS.find(([, sign]) => sign.test(text)) ?? [];
  return kind && { kind, said: text.slice(0, 500) };
};

/** Why a session of this account is told nothing now, for people. */
export const parkedBecause = ({ kind, said }: TroubleSaid): string => `${TROUBLES[kind].words}: ${said}`;

/** What of it a session's state keeps. */
export type KeptTrouble = NonNullable<RoleSession["trouble"]>;

export const isSame = (one: KeptTrouble | undefined, other: KeptTrouble | undefined): boolean =>
  one?.kind === other?.kind && one?.until === other?.until && one?.account === other?.account;
