/**
 * An agent: something that takes prompts and works on files. A TUI in a terminal, a one-shot command, a script in a test.
 *
 * A1. `open` and `adopt` are about the session id: an agent that is alive from before a restart is taken over, never started
 *     twice. `open` starts one when there is none; `adopt` does not, and answers `undefined`.
 * A2. `deliver` is idempotent by the prompt's key, also across a restart of the daemon. It answers `delivered` only with a
 *     receipt from another channel than the one it typed into; `held` when a person's draft, or a dialog, is in the way (try
 *     again); `lost` when the agent has ended.
 * A3. `verdict` is what is known now; `watch` tells each change of it. Unknown is never ready.
 * A4. `open` goes on with the conversation that the spec names when the agent still has it, and only then says so; else it begins anew.
 * A5. After `release` the agent goes on by itself where its kind can (terminals), and can be opened again by another daemon.
 */
import type { SessionId } from "../domain/ids.ts";
import type { CommandList } from "../domain/model-agent.ts";
import type { Did } from "../domain/model-call.ts";
import type { Asked, PermissionAnswer, Permitted } from "../domain/permission.ts";
import type { Persona } from "../domain/persona.ts";
import type { Evidence, Verdict } from "../domain/session.ts";
import type { Usage } from "../domain/usage.ts";
import type { Terminal } from "./terminal-host.ts";

export interface AgentSpec {
  session: SessionId;
  run: string;
  role: string;
  persona: Persona;
  cwd: string;
  /** The conversation to go on with, where the agent can: that of an earlier session, which is gone. It begins with a prompt that has this mark. */
  continues?: { session: SessionId; mark: string };
  /** A person talks with it: what it says is heard, and ends its turn. */
  talks?: true;
}

export interface Prompt {
  key: string;
  text: string;
  /** The same text as a file in the worktree, for agents that cannot take it whole. */
  file: string;
  /** What a prompt of a phase is about; a person's message is about none. */
  task?: Task;
  /** Never offered before: no terminal can have taken anything of it. */
  fresh?: boolean;
}

/** What a model agent has to know apart from the text. */
export interface Task {
  phase: string;
  attempt: number;
  /** Where its artifact has to be; a turn of a talk has none. */
  artifact?: string;
  /** It is a person's turn of a talk: what the agent says is its answer. */
  talk?: true;
  /** What the phase allows it to start, of what its persona does; all of that when absent. */
  commands?: CommandList;
}

export type Delivery =
  | { kind: "delivered"; receipt: Evidence[] }
  | { kind: "held"; reason: string }
  /** Typed, but nothing shows that the agent took it; trying again types nothing twice. */
  | { kind: "unconfirmed"; reason: string }
  | { kind: "lost"; reason: string };

export type AgentNews =
  | { kind: "verdict"; verdict: Verdict }
  /** What was used since the report before. `nth` counts a session's reports from 1; after a restart they are told again, with the same. */
  | { kind: "usage"; usage: Usage; nth: number }
  /** What a model agent has done, numbered in the same way. */
  | { kind: "did"; did: Did; nth: number };

/**
 * A piece of what an agent says in a talk, while it says it: shown to who looks on, and kept nowhere. Its words as a whole are
 * told by `answer`.
 */
export interface Saying {
  /** The message that it is a piece of: no other of the session has this id. */
  message: string;
  text: string;
  /** Nothing more of this message will come. */
  last: boolean;
}

/** Takes such a piece; never throws, and makes nobody wait. */
export type Say = (spec: Pick<AgentSpec, "run" | "session">, saying: Saying) => void;

export interface AgentSession {
  readonly session: SessionId;
  readonly host: "tmux" | "pty" | "process";
  readonly key: string;
  readonly pid: number | undefined;
  /** Whose limits and login it works on: the same for all sessions that share them. */
  readonly account?: string;
  /** How long it may take until it is ready for the first time, on a slow machine, in milliseconds. */
  readonly startMs: number;
  /** It says itself when its turn is done: a good artifact waits for that, for a while. */
  readonly finishes?: true;
  /** The agent's own id of the conversation that it goes on with; absent where it began a new one. Known when it was opened. */
  readonly continued?: string;
  /** The terminal a person can attach to, if it has one. */
  readonly terminal: Terminal | undefined;
  verdict(): Verdict;
  watch(listener: (news: AgentNews) => void): () => void;
  /**
   * Such a prompt is about to be delivered: what has to be known before it is typed may be asked for already, and its text, once
   * there is one, brought to where it will be typed. Does nothing that anybody could see, and may be left out.
   */
  prepare?(about: Pick<Prompt, "key" | "fresh">, prompt?: Prompt): void;
  deliver(prompt: Prompt, signal: AbortSignal): Promise<Delivery>;
  /** What the agent asks permission for at this moment; absent where an agent asks nobody. */
  asked?(): Promise<Asked | undefined>;
  /**
   * Answers it, once by `key`, and only while what stands there is the question of that digest. `undefined`: not now, since a
   * person is at its keys; try again.
   */
  permit?(key: string, answer: PermissionAnswer, digest: string, signal: AbortSignal): Promise<Permitted | undefined>;
  /** Has it make its context shorter, once by `key`. False where that did not begin; absent where it cannot. */
  compact?(key: string, signal: AbortSignal): Promise<boolean>;
  /** Stops the turn that is running, by the agent's own means. */
  interrupt(key: string): Promise<void>;
  /**
   * What it has answered to the prompt of this key, in its own words, as far as its kind can tell. `asked` is how that prompt
   * ends: whoever reads it from a screen, and took the agent over since, looks below that.
   */
  answer?(key: string, asked: string): Promise<string | undefined>;
  /** A person's message to an agent that takes one at any time; idempotent by key. Others get it as a prompt. */
  say?(key: string, text: string): Promise<Delivery>;
  /** Holds an agent that can be held before its next call of a model, or lets it go on. */
  pause?(paused: boolean): Promise<void>;
  /** The file, lines of JSON, where an agent without a terminal tells what it does. */
  readonly transcript?: string;
  /** Ends the agent and everything it started. May be called twice. */
  close(): Promise<void>;
  release(): Promise<void>;
}

export interface AgentAdapter {
  /** Throws `Failure` when the agent cannot be started at all. */
  open(spec: AgentSpec): Promise<AgentSession>;
  adopt(spec: AgentSpec): Promise<AgentSession | undefined>;
}

/** Which adapter a persona runs on, and whether what it needs is here. */
export interface Agents {
  for(persona: Persona): AgentAdapter;
  /**
   * Undefined when the persona can be used now, else why not, as a failure to show. An agent that seems not to be logged in is
   * only an obstacle when nobody asked for it by name: a person may know of a login that devflow does not.
   */
  obstacle(persona: Persona, byName: boolean): Promise<Error | undefined>;
  /** What a person should know of a persona that can be used. */
  remarks?(persona: Persona): Promise<readonly string[]>;
}
