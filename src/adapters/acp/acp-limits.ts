/** Keeps a turn within its limits. Nobody interrupts an agent without a terminal from outside. */
import type { Clock } from "../../ports/clock.ts";
import type { AcpTurn } from "./acp-turn.ts";

export interface AcpLimits {
  /** A turn without a sign of life for this long is interrupted. */
  inactivityMs: number;
  /** A turn is interrupted after this, whatever it does. */
  wallMs: number;
  /** What an agent that is interrupted may take to end its turn, before its process is ended. */
  interruptMs: number;
  /** How long it may take until it shows that it has taken a prompt. */
  receiptMs: number;
}

export interface LimitsDeps {
  limits: Pick<AcpLimits, "wallMs" | "inactivityMs">;
  clock: Clock;
  over: AbortSignal;
  /** The turn goes on. */
  runs(): boolean;
  /** A person is asked. */
  asks(): boolean;
}

/** How often a turn's limits are looked at. */
const LOOK_MS = 1_000;

/** Resolves to true when the turn has come to a limit, to false when it is over. While a person is asked, its time stands still. */
export async function withinLimits(turn: AcpTurn, { limits, clock, over, runs, asks }: LimitsDeps): Promise<boolean> {
  const startedAt = clock.steady();
  let asked = 0;
  let lookedAt = startedAt;
  while (runs() && !over.aborted) {
    await clock.sleep(LOOK_MS, over);
    const at = clock.steady();
    if (asks()) {
      asked += at - lookedAt;
      turn.sign("permission");
    }
    lookedAt = at;
    const long = at - startedAt - asked >= limits.wallMs;
    if (runs() && (long || at - turn.lastSignAt() >= limits.inactivityMs)) return true;
  }
  return false;
}
