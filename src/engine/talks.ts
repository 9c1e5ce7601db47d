/** What a person does in a talk: says something, takes it back, chooses another persona, ends it. */

import type { RunEvent } from "../domain/event.ts";
import { Failure } from "../domain/failure.ts";
import type { RunId } from "../domain/ids.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Persona } from "../domain/persona.ts";
import { type RunState, statusOf } from "../domain/run-state.ts";
import { talking, turnOfKey } from "../domain/run-talk.ts";
import { isLive } from "../domain/session.ts";
import { openTurn, Words, wordsDocument } from "../domain/talk.ts";
import { isTalk } from "../domain/template.ts";
import { utf8Bytes } from "../domain/text.ts";
import type { Agents } from "../ports/agent.ts";
import type { ArtifactStore } from "../ports/artifacts.ts";
import type { Definitions } from "../ports/definitions.ts";
import type { Workspaces } from "../ports/workspace.ts";
import { afterTurn, beforeTurn } from "./listen.ts";
import type { Drive } from "./run-loop.ts";
import type { Sessions } from "./sessions.ts";
import { withModel } from "./start.ts";

/** How long a talk may take to begin: its worktree is made first, which takes long in a large repository. */
const BEGIN_MS = 60_000;

export interface TalkDeps {
  artifacts: ArtifactStore;
  workspaces: Workspaces;
  definitions: Definitions;
  agents: Agents;
  sessions: Sessions;
}

export interface Talks {
  /** Gives the turn's number; the same key is the same turn. */
  say(run: RunId, text: string, key: string, by: string): Promise<number>;
  /** What was said in a turn, and answered as far as that is known. */
  words(run: RunId, turn: number): Promise<{ said: string; answered?: string }>;
  /** Takes back what the newest turn that changed something has changed. */
  undo(run: RunId, by: string): Promise<{ turn: number; files: number }>;
  choose(run: RunId, choice: { persona?: string; model?: string }, by: string): Promise<Persona>;
  end(run: RunId, by: string): Promise<void>;
}

export function talks(addressed: (run: RunId) => { drive: Drive; state: RunState }, deps: TalkDeps): Talks {
  const { artifacts, workspaces, definitions, agents, sessions } = deps;

  /** One that has only just begun talks when its phase has: who is quick at the keys waits for that. */
  async function place(run: RunId) {
    const { drive, state: now } = addressed(run);
    const begins = now.started && isTalk(now.started.template) && !now.ended && !talking(now);
    if (begins) await drive.hears("phase.started", () => true, BEGIN_MS);
    const state = drive.state();
    const at = talking(state);
    if (!at) throw new Failure("talk.none", { run, state: statusOf(state) });
    return { ...at, drive, state };
  }

  async function idle(run: RunId) {
    const at = await place(run);
    if (openTurn(at.talk)) throw new Failure("talk.busy");
    return at;
  }

  /** The outcome means something, or the talk has moved on since it was looked at. */
  async function tell(drive: Drive, outcome: Outcome): Promise<readonly RunEvent[]> {
    const followed = await drive.tell(outcome);
    if (followed.length === 0) throw new Failure("talk.busy");
    return followed;
  }

  const read = async (sha256: string | undefined): Promise<string | undefined> => {
    const kept = sha256 === undefined ? undefined : await artifacts.read(sha256);
    return kept === undefined ? undefined : Words.parse(JSON.parse(kept)).text;
  };

  return {
    async say(run, text, key, by) {
      const known = turnOfKey(addressed(run).state, key);
      if (known) return known.number;
      const { drive, talk, state } = await idle(run);
      // Runs that are not taken up by themselves: who speaks wants this one to go on.
      if (state.interrupted) await drive.tell({ kind: "resume", by, cause: `asked for by ${by}`, retry: false });
      const kept = await artifacts.keep(wordsDocument(text), { schema: {}, until: undefined });
      if (kept.kind !== "good") throw new Failure("internal", { problem: "the words could not be kept" });
      await tell(drive, { kind: "say", key, sha256: kept.accepted.sha256, bytes: utf8Bytes(text), by });
      return talk.turns.length + 1;
    },
    async words(run, number) {
      const turns = Object.values(addressed(run).state.phases).flatMap(({ talk }) => talk?.turns ?? []);
      const turn = turns.find((one) => one.number === number);
      const [said = "", answered] = await Promise.all([read(turn?.sha256), read(turn?.answer)]);
      return { said, ...(answered !== undefined && { answered }) };
    },
    async undo(run, by) {
      const { drive, talk } = await idle(run);
      const turn = talk.turns.findLast((one) => !one.undone && one.prompt !== undefined);
      if (!turn) throw new Failure("talk.cannot_undo", { problem: "nothing was said yet" });
      const { number } = turn;
      const files = await workspaces.rewind(run, afterTurn(number), beforeTurn(number));
      await tell(drive, { kind: "undone", number, files, by });
      return { turn: number, files };
    },
    async choose(run, { persona: wanted, model }, by) {
      const { drive, state, phase } = await idle(run);
      const role = phase.role ?? "";
      const now = state.started?.bindings[role];
      const repo = state.started?.repo ?? "";
      const found = wanted === undefined ? undefined : await definitions.personas.get(wanted, repo);
      const base = found?.value ?? now?.persona;
      if (!base) throw new Failure("talk.none", { run, state: statusOf(state) });
      const persona = withModel(base, model);
      const obstacle = await agents.obstacle(persona, true);
      if (obstacle) throw obstacle;
      const before = Object.values(state.sessions).filter((one) => one.role === role && isLive(one.state));
      // The one before goes first: a role has one session at a time.
      for (const { session } of before) await sessions.end(drive.context, session);
      const followed = await tell(drive, { kind: "bound", role, persona, hash: found?.hash ?? now?.hash ?? "", by });
      // And those that came meanwhile.
      for (const event of followed) if (event.type === "session.closed") await sessions.close(event.session);
      return persona;
    },
    async end(run, by) {
      const { drive } = await place(run);
      await drive.tell({ kind: "end talk", by });
    },
  };
}
