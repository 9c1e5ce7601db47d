/** When the state of an agent changes in a recording: with which piece of its output, as somebody would say who looked at each. */
import { emulator } from "../src/adapters/terminals/screen.ts";
import type { AgentProfile } from "../src/domain/agent-profile.ts";
import type { Cast } from "../src/domain/cast.ts";
import { judge, type Observation } from "../src/domain/evidence.ts";
import { programStatus } from "../src/domain/program-status.ts";
import type { AgentState } from "../src/domain/session.ts";

export interface Change {
  to: AgentState;
  /** What stands on the screen a moment before. */
  before: string;
  /** What comes then, by its time in milliseconds. */
  frames: [number, string][];
  /** The piece with which it changes. */
  nth: number;
}

/** How long it is played before it changes, and after: longer than anything is held back. */
const AHEAD_MS = 1_000;
const AFTER_MS = 1_500;

/** Starts a terminal over, with whatever stood on it. */
const ANEW = "\x1b[?1049l\x1bc";

/** The last change to that state before `end`, after which it stays so. */
export async function changeOf(profile: AgentProfile, cast: Cast, to: AgentState, end: number): Promise<Change> {
  const out = cast.events.filter(({ kind, at }) => kind === "o" && at <= end);
  const said: AgentState[] = [];
  let status: Observation["programStatus"];
  const screen = emulator({
    cols: cast.cols,
    rows: cast.rows,
    onEvent: (event) => {
      const told = event.type === "osc" && event.code === 7501 ? programStatus(event.text) : undefined;
      if (told) status = { status: told, at: 0 };
    },
  });
  for (const { data } of out) {
    screen.write(Buffer.from(data));
    const seen = { screen: await screen.read(), programStatus: status, lastOutputAt: 0, now: 0 };
    said.push(judge(profile, seen).state);
  }
  screen.dispose();
  if (said.at(-1) !== to) throw new Error(`it ends as ${said.at(-1)} and not as ${to}`);
  const nth = said.findLastIndex((one) => one !== to) + 1;
  const at = out[nth]?.at ?? 0;
  const from = out.findIndex((one) => one.at >= at - AHEAD_MS);
  return {
    to,
    before: [ANEW, ...out.slice(0, from).map(({ data }) => data)].join(""),
    frames: out
      .slice(from)
      .filter((one) => one.at < at + AFTER_MS)
      .map((one) => [one.at - at + AHEAD_MS, one.data]),
    nth: nth - from,
  };
}
