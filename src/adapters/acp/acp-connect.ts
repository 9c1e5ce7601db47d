/**
 * Getting an agent that speaks ACP to where it takes prompts: its process, the protocol's version, and a conversation: its own from before,
 * or that of the session in whose place it is, where there is one and it can go on with it.
 */
import type { AcpProfile } from "../../domain/acp-turn.ts";
import { Failure } from "../../domain/failure.ts";
import type { AcpJournal, Conversation } from "./acp-journal.ts";
import type { AcpLink, Asked } from "./acp-link.ts";

export type Arrival =
  | { kind: "ready"; conversation: string }
  | { kind: "login"; said: string }
  | { kind: "failed"; said: string };

/** The protocol's own code for an agent that wants a login. */
const AUTH_REQUIRED = -32000;
const UNAUTHORIZED = 401;

export interface Greeting {
  loads: boolean;
}

/** The conversation of an earlier session, which is gone. */
export interface Continues extends Conversation {
  /** Whether what is loaded is that one: agents answer with an empty one too. */
  remembers(): boolean;
}

export interface GreetingDeps {
  persona: string;
  agent: string;
  install: string;
  ours: number;
  version: string;
  acp: AcpProfile;
}

/** What the agent can do; undefined when it has ended or says nothing of use. Throws `Failure` for a protocol that devflow does not speak. */
export async function greet(
  link: AcpLink,
  { persona, agent, install, ours, version, acp }: GreetingDeps,
): Promise<Greeting | string> {
  const answer = await link.initialize(version, acp.files);
  if (!answer.ok) return `it did not greet: ${wordsOf(answer)}`;
  const { version: theirs, loads } = answer.value;
  if (theirs !== ours) throw new Failure("session.protocol_version", { persona, theirs, ours, agent, install });
  return { loads };
}

export async function arrive(
  link: AcpLink,
  { loads }: Greeting,
  { acp, journal, cwd, continues }: { acp: AcpProfile; journal: AcpJournal; cwd: string; continues?: Continues },
): Promise<Arrival> {
  const own = journal.conversation;
  const before = own ?? continues?.id;
  if (before !== undefined && loads) {
    const loaded = await withLogin(link, acp, () => link.load(before, cwd));
    if (wantsLogin(loaded)) return { kind: "login", said: wordsOf(loaded) };
    if (loaded.ok && own !== undefined) return { kind: "ready", conversation: own };
    if (loaded.ok && continues?.remembers()) return takenOver(continues, journal);
    if (!loaded.ok && loaded.problem === "ended")
      return { kind: "failed", said: "it ended while it loaded its conversation" };
    // It does not know that conversation any more: a new one is better than none.
  }
  const created = await withLogin(link, acp, () => link.create(cwd));
  if (created.ok) {
    journal.write({ t: "conversation", id: created.value });
    return { kind: "ready", conversation: created.value };
  }
  return { kind: wantsLogin(created) ? "login" : "failed", said: wordsOf(created) };
}

/** What it had come to is booked on the session before. */
function takenOver({ id, totals }: Continues, journal: AcpJournal): Arrival {
  journal.write({ t: "conversation", id });
  if (totals) journal.write(totals);
  return { kind: "ready", conversation: id };
}

/** Asks once more after the login that the profile names, for agents that want to be told even when they have one. */
async function withLogin<T>(link: AcpLink, acp: AcpProfile, ask: () => Promise<Asked<T>>): Promise<Asked<T>> {
  const first = await ask();
  if (!wantsLogin(first) || acp.login === undefined) return first;
  const login = await link.login(acp.login);
  return login.ok ? ask() : first;
}

const wantsLogin = (asked: Asked<unknown>): boolean =>
  !asked.ok && asked.problem !== "ended" && [AUTH_REQUIRED, UNAUTHORIZED].includes(asked.problem.code);

function wordsOf(asked: Asked<unknown>): string {
  if (asked.ok) return "";
  return asked.problem === "ended" ? "it has ended" : asked.problem.message.slice(0, 500);
}
