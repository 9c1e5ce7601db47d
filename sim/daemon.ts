/** The daemon of a world: killed again and again, each time another one is made over the same log and the same outside. */
import { terminalsLeft } from "../src/daemon/leftovers.ts";
import { sweep } from "../src/daemon/sweep.ts";
import type { SessionId } from "../src/domain/ids.ts";
import { type Engine, engine } from "../src/engine/engine.ts";
import type { Journal } from "../src/ports/journal.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import type { Effects } from "./effects.ts";
import { type Life, life } from "./life.ts";
import type { Mutant } from "./mutants.ts";
import type { Outside } from "./outside.ts";
import { type Ports, ports } from "./ports.ts";

const LONGEST_AWAY_MS = 10 * 60_000;
/** So many calls without any time passing are a loop. */
const SPIN = 20_000;

/** The daemon that is up. */
export interface Living {
  life: Life;
  ports: Ports;
  engine: Engine;
  since: number;
}

export interface Daemon {
  now(): Living | undefined;
  readonly lives: number;
  wake(): void;
  /** As by `devflowd stop`; it is started again some time later. */
  stop(): void;
  /** Time has passed: what goes on is no loop. */
  ticked(): void;
}

export interface DaemonOptions {
  outside: Outside;
  effects: Effects;
  mutant: Mutant | undefined;
  breaks(rule: string): void;
  tell(line: string): void;
}

export function daemon({ outside, effects, mutant, breaks, tell }: DaemonOptions): Daemon {
  const { dice, clock, faults } = outside;
  const resume = dice.pick("resume", 5) === 0 ? "manual" : "auto";
  let now: Living | undefined;
  let calls = 0;

  function wake(): void {
    all.lives += 1;
    tell(`the daemon starts (${all.lives})`);
    const here = life({
      clock,
      faults,
      called() {
        calls += 1;
        if (calls === SPIN) breaks("it goes round and round without any time passing");
        if (calls >= SPIN) here.end();
      },
      ended() {
        tell("the daemon is gone");
        now?.ports.money?.end();
        outside.desk = undefined;
        now = undefined;
        void clock.sleep(dice.of(`away ${all.lives}`) * LONGEST_AWAY_MS).then(wake);
      },
    });
    const spoilt = (ledger: Ledger): Ledger => mutant?.ledger?.(ledger) ?? ledger;
    const given: Ports = ports({
      ...{ outside, life: here, effects, journal: journal(here), spoilt, resume },
      engine: () => running,
    });
    const running = engine({ ...given, ...mutant?.breaks?.(given, all.lives) });
    now = { life: here, ports: given, engine: running, since: clock.now() };
    void start(now);
  }

  /** As the real one does: what is left of sessions that are over is ended, then every run is taken up. */
  async function start({ ports: given, life: here, engine: made }: Living): Promise<void> {
    const living = outside.agents.living();
    const host = {
      list: () =>
        here.call("list", async () => living.map(({ session, run }) => ({ session, run, key: "", alive: true }))),
      adopt: async (session: SessionId) => {
        const spec = living.find((each) => each.session === session);
        return spec && given.agents.for(spec.persona).adopt(spec);
      },
    };
    await sweep({ terminals: terminalsLeft({ host, log: given.log }) }, given.journal);
    given.money?.begin();
    if (here.alive) outside.desk = given.money?.desk;
    await made.recover();
    given.money?.takenUp();
  }

  const journal = (here: Life): Journal => ({
    info: () => {},
    warn: () => {},
    error: here.hears((message: string, { error = "", ...more }: Record<string, unknown> = {}) => {
      const said = String(error);
      tell(`  ! ${message} ${JSON.stringify(more)} ${said.split("\n")[0]}`);
      const expected =
        said === "" || (said.startsWith("Failure: ") && !said.startsWith("Failure: something broke inside"));
      if (!expected) breaks(`devflow itself failed: ${message}: ${said.split("\n")[0]}`);
    }),
  });

  const all: Daemon & { lives: number } = {
    now: () => now,
    lives: 0,
    wake,
    stop() {
      const here = now;
      if (!here) return;
      tell("the daemon is stopped");
      void here.engine.stop("the daemon was stopped").then(
        () => here.life.end(),
        (error: unknown) => breaks(`stopping failed: ${String(error)}`),
      );
    },
    ticked() {
      calls = 0;
    },
  };
  return all;
}
