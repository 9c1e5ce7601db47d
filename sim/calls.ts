/** What an agent that calls models does in a turn: each call is reserved, made and settled, over as many lives of the daemon as it takes. */
import type { AgentSpec } from "../src/ports/agent.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { Dice } from "./dice.ts";
import type { Faults } from "./faults.ts";
import { MOST, type Money, usedTokens } from "./money.ts";
import type { Desk } from "./purse.ts";

const SECOND = 1_000;

/** What can become of one call, beside an answer that says what it has used. */
const CALL_FAULTS = { "is not sent": 0.05, "breaks off": 0.05, "takes long": 0.05 };

export interface CallsOptions {
  spec: AgentSpec;
  /** Names the calls: the same turn has the same. */
  prompt: string;
  phase: string | undefined;
  money: Money;
  /** The daemon's, while it is up. */
  desk(): Desk | undefined;
  /** Hears that a call was refused, at once. */
  refused(code: string): void;
  clock: Clock;
  faults: Faults;
  dice: Dice;
  /** Aborts when the turn is not its own any more. */
  signal: AbortSignal;
  /** One that is dead says nothing to anybody. */
  alive(): boolean;
}

/** Whether all of its calls were made: else the turn is over. */
export async function callModels(options: CallsOptions): Promise<boolean> {
  const count = 1 + options.dice.pick(`calls of ${options.prompt}`, 4);
  for (let number = 1; number <= count; number += 1) {
    if (!(await made(`${options.prompt}/${number}`, options))) return false;
  }
  return true;
}

async function made(call: string, options: CallsOptions): Promise<boolean> {
  const { spec, phase, money, clock, faults, dice, signal } = options;
  const { run, session, persona } = spec;
  const about = { run, session, persona: `${persona.name}@${persona.version}`, ...(phase !== undefined && { phase }) };
  const request = { call, ...about, ...MOST, account: "https://models.example KEY", model: "house/large" };
  while (!signal.aborted) {
    const desk = options.desk();
    const grant = desk ? await desk.ask(request, signal) : "gone";
    if (!desk || grant === "gone") {
      await clock.sleep(10 * SECOND, signal); // until the next daemon is there
      continue;
    }
    if (grant.kind === "refused") {
      if (!signal.aborted) options.refused(grant.failure.code);
      return false;
    }
    const fault = faults.at("call", CALL_FAULTS);
    if (signal.aborted || fault?.kind === "is not sent") {
      if (options.alive()) await desk.settle(call, { kind: "unused" });
      return !signal.aborted;
    }
    const usage = usedTokens(dice.pick(`cost of ${call}`, MOST.maxOutputTokens + 1));
    const generation = money.make(call, usage);
    if (faults.at("sent", { "is not heard": 0.3 }) === undefined) desk.sent(call, generation);
    await clock.sleep(
      SECOND * (fault?.kind === "takes long" ? 60 + fault.size * 240 : 1 + 20 * dice.of(`wait of ${call}`)),
      signal,
    );
    if (!options.alive()) return false; // whoever ends its session settles what it has open
    if (options.desk() !== desk) continue; // its answer came to nobody: it is made again, and paid for again
    if (signal.aborted || fault?.kind === "breaks off") await desk.settle(call, { kind: "unknown", generation });
    else await desk.settle(call, { kind: "used", usage });
    return !signal.aborted;
  }
  return false;
}
