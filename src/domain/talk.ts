/**
 * A talk: a phase in which a person speaks with a role, turn by turn, for as long as they like.
 *
 * K1. A turn begins with what the person says and ends once; the next begins after that.
 * K2. Words are kept by their hash, question and answer alike; the log holds none of them.
 * K3. A talk ends when a person ends it. Its artifact is the record of its turns, which devflow makes.
 */
import { z } from "zod";
import type { TurnEnd } from "./event.ts";

export interface TalkTurn {
  number: number;
  /** Its asker's own: asked again with the same, it is the same turn. */
  key: string;
  sha256: string;
  by: string;
  /** The prompt that took it to the agent. */
  prompt?: string;
  /** A person has stopped the agent meanwhile; early: before it was known to have taken the turn. */
  stopped?: "early" | "at work";
  how?: TurnEnd;
  answer?: string;
  undone?: true;
}

export interface Talk {
  turns: readonly TalkTurn[];
  over: boolean;
}

export const NO_TALK: Talk = { turns: [], over: false };

/** The turn that has not ended, if there is one (K1). */
export const openTurn = (talk: Talk | undefined): TalkTurn | undefined => {
  const last = talk?.turns.at(-1);
  return last && last.how === undefined && !talk?.over ? last : undefined;
};

/** What is kept of words (K2): one text, as a document. */
export const Words = z.strictObject({ text: z.string() });

export const wordsDocument = (text: string): string => `${JSON.stringify({ text })}\n`;

/** What is taken for a command of their own by agents in terminals. */
const COMMAND_LIKE = /^[/!#@&$:\\]/;

/** A person's words as a prompt; the first one in a session says who speaks, and where. */
export function turnText(said: string, preamble: readonly string[]): string {
  const text = said.trim();
  const safe = COMMAND_LIKE.test(text) ? `The person says: ${text}` : text;
  const ended = safe.endsWith("\\") ? `${safe}\n.` : safe;
  return [...preamble.filter((part) => part !== ""), ended].join("\n\n");
}
