/** How an agent's turn can go, beside well. Each is a short play; where a pause answers `false`, the turn is not its own any more. */
import type { AgentState } from "../src/domain/session.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export interface Turn {
  /** How bad, in [0, 1). */
  size: number;
  /** Time passes; false when the agent was interrupted or ended meanwhile. */
  pause(ms: number): Promise<boolean>;
  /** Writes an artifact that satisfies its schema. */
  good(more?: string): void;
  write(text: string): void;
  /** What was last written for this phase, by whomever. */
  last(): string | undefined;
  become(state: AgentState, until?: number): void;
  /** From now on it does not react to being interrupted. */
  stubborn(): void;
  /** Asks a person; true once that is answered and the turn goes on. */
  ask(state: AgentState): Promise<boolean>;
}

type Play = (turn: Turn) => Promise<void>;

export const WELL: Play = async (turn) => {
  turn.good();
  if (await turn.pause(SECOND)) turn.become("ready");
};

const asks =
  (state: AgentState): Play =>
  async (turn) => {
    if ((await turn.ask(state)) && (await turn.pause(SECOND))) await WELL(turn);
  };

// biome-ignore format: one play a line
const PLAYS = {
  "lies that it is done":          { likely: 0.05,  play: async (turn) => turn.become("ready") },
  "writes rubbish":                { likely: 0.07,  play: async (turn) => { turn.write(JSON.stringify({ wrong: turn.size })); turn.become("ready"); } },
  "writes half, then all":         { likely: 0.04,  play: async (turn) => { turn.write('{"note": "ha'); if (await turn.pause(turn.size * 10 * SECOND)) await WELL(turn); } },
  "writes half and dies":          { likely: 0.02,  play: async (turn) => { turn.write('{"note": "ha'); turn.become("exited"); } },
  "writes half and stops":         { likely: 0.02,  play: async (turn) => { turn.write('{"note": "ha'); turn.become("ready"); } },
  "dies":                          { likely: 0.04,  play: async (turn) => turn.become("exited") },
  "writes and dies":               { likely: 0.03,  play: async (turn) => { turn.good(); turn.become("exited"); } },
  "writes twice":                  { likely: 0.04,  play: async (turn) => { turn.good(); if (await turn.pause(turn.size * 5 * SECOND)) { turn.good(" again"); turn.become("ready"); } } },
  "mends rubbish by itself":       { likely: 0.03,  play: async (turn) => { turn.write("{}"); if (await turn.pause(turn.size * MINUTE)) await WELL(turn); } },
  "hands in what was there":       { likely: 0.05,  play: async (turn) => { turn.write(turn.last() ?? "{}"); turn.become("ready"); } },
  "writes and goes on":            { likely: 0.04,  play: async (turn) => { turn.good(); if (await turn.pause(turn.size * 10 * MINUTE)) turn.become("ready"); } },
  "takes long, and shows it":      { likely: 0.02,  play: async (turn) => { for (let n = 0; n < 4; n += 1) { if (!(await turn.pause(4 * MINUTE))) return; turn.become("working"); } await WELL(turn); } },
  "stalls":                        { likely: 0.02,  play: async () => {} },
  "stalls and cannot be stopped":  { likely: 0.01,  play: async (turn) => turn.stubborn() },
  "stalls and wakes up":           { likely: 0.01,  play: async (turn) => { if (await turn.pause((1 + turn.size * 9) * MINUTE)) await WELL(turn); } },
  "asks for permission":           { likely: 0.02,  play: asks("awaiting_permission") },
  "asks a question":               { likely: 0.02,  play: asks("awaiting_input") },
  "needs a login":                 { likely: 0.01,  play: asks("login_required") },
  "is out of its limit":           { likely: 0.03,  play: async (turn) => { turn.become("rate_limited"); if (await turn.pause(turn.size * 30 * MINUTE)) turn.become("ready"); } },
  "shows nothing that is known":   { likely: 0.01,  play: async (turn) => { turn.become("unknown"); if (await turn.pause(turn.size * 5 * MINUTE)) await WELL(turn); } },
} satisfies Record<string, { likely: number; play: Play }>;

type Kind = keyof typeof PLAYS;

export const TURN_FAULTS = {
  likely: Object.fromEntries(Object.entries(PLAYS).map(([kind, { likely }]) => [kind, likely])) as Record<Kind, number>,
  play: (kind: Kind, turn: Turn): Promise<void> => PLAYS[kind].play(turn),
};
