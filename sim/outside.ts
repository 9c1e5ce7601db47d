/**
 * The world around the daemon, which outlives it: the log, agents, worktrees, files, commands, reports, the disk, money and the time.
 */
import { memoryEventLog } from "../src/adapters/storage/memory-event-log.ts";
import type { RunEvent, StoredEvent } from "../src/domain/event.ts";
import { Failure } from "../src/domain/failure.ts";
import type { RunId } from "../src/domain/ids.ts";
import type { Template } from "../src/domain/template.ts";
import type { CommandSpec } from "../src/ports/commands.ts";
import type { Definitions } from "../src/ports/definitions.ts";
import type { EventLog } from "../src/ports/event-log.ts";
import { fakeDefinitions, fakeFiles, fakeReports, fakeWorkspaces } from "../test/support/fakes.ts";
import { frozen } from "../test/support/frozen.ts";
import { persona } from "../test/support/made.ts";
import { type ManualClock, manualClock } from "../test/support/manual-clock.ts";
import { type Crowd, crowd } from "./crowd.ts";
import type { Dice } from "./dice.ts";
import type { Effects } from "./effects.ts";
import { type Faults, faults } from "./faults.ts";
import { type Money, money } from "./money.ts";
import type { Desk } from "./purse.ts";
import { ROLES, SCHEMAS } from "./workflows.ts";

export interface Outside {
  dice: Dice;
  faults: Faults;
  clock: ManualClock;
  /** How many listeners have yet to hear something. */
  untold: number;
  /** What the clock on the wall is wrong by. */
  skew: number;
  log: EventLog;
  agents: Crowd;
  files: ReturnType<typeof fakeFiles>;
  workspaces: ReturnType<typeof fakeWorkspaces>;
  worktrees: Set<string>;
  /** Runs whose deletion has begun: cut off, it is asked for again by whoever wants it. */
  deleting: Set<string>;
  reports: ReturnType<typeof fakeReports>;
  definitions: Definitions;
  commands: RunningCommands;
  disk: Disk;
  /** In few worlds there is any. */
  money: Money | undefined;
  /** What agents and people have of the daemon's spending, while it is up. */
  desk: Desk | undefined;
  /** Made up of digits that count up: later ones sort behind earlier ones. */
  nextId(): string;
  /** Another process writes to a run's log. */
  intrude(run: RunId, event: RunEvent): Promise<void>;
}

export interface Disk {
  /** When there was last none; outcomes that waited for it may come a while later. */
  fullUntil(): number;
  fill(ms: number): void;
  /** Throws while there is none. */
  room(): void;
}

export interface RunningCommands {
  /** Begins one, and ends what an earlier try of it has left. */
  begin(spec: CommandSpec): { runs(): boolean; end(): void };
  end(run: string, phase: string): void;
  /** Those of a run that still run. */
  of(run: string): string[];
}

export interface OutsideOptions {
  dice: Dice;
  only: ReadonlySet<string> | undefined;
  template: Template;
  effects: Effects;
  /** There is money, whatever the dice say. */
  costly: boolean;
  breaks(rule: string): void;
  /** Hears of each event once it is in the log. */
  stored(event: StoredEvent): void;
  struck(line: string): void;
}

/** How often things go wrong, over what the tables say: not at all in some worlds, all the time in others. */
const INTENSITIES = [0.2, 0.5, 1, 1, 1, 2, 3];

const PERSONAS = frozen(ROLES.map((role) => persona(`fake-${role}`)));

export function outside({ dice, only, template, effects, costly, breaks, stored, struck }: OutsideOptions): Outside {
  const clock = manualClock();
  const intensity = INTENSITIES[dice.pick("intensity", INTENSITIES.length)] ?? 1;
  const going = faults({
    dice,
    intensity,
    only,
    told: ({ point, kind, size }) => struck(`${point}: ${kind} (${size.toFixed(2)})`),
  });
  const files = fakeFiles();
  const worktrees = new Set<string>();
  const purse = money({ dice, always: costly, breaks });
  const inner = memoryEventLog();
  const log: EventLog = {
    ...inner,
    async append(run, expected, events, options) {
      const written = await inner.append(run, expected, events, options);
      if (written.kind === "appended") for (const event of written.events) stored(event);
      return written;
    },
  };
  let ids = 0;
  const all: Outside = {
    dice,
    faults: going,
    clock,
    untold: 0,
    skew: 0,
    log,
    agents: crowd({ clock, files, faults: going, dice, effects, money: purse, desk: () => all.desk }),
    files,
    workspaces: fakeWorkspaces(),
    worktrees,
    deleting: new Set(),
    reports: fakeReports(),
    definitions: fakeDefinitions({ templates: [template], schemas: [...SCHEMAS], personas: PERSONAS }),
    commands: runningCommands(),
    disk: disk(clock),
    money: purse,
    desk: undefined,
    nextId() {
      ids += 1;
      return `01${String(ids).padStart(24, "0")}`;
    },
    async intrude(run, event) {
      await log.append(run, log.read(run).length, [event], { at: clock.now() });
    },
  };
  return all;
}

function disk(clock: ManualClock): Disk {
  let fullUntil = 0;
  return {
    fullUntil: () => fullUntil,
    fill(ms) {
      fullUntil = clock.now() + ms;
    },
    room() {
      if (clock.now() < fullUntil) throw new Failure("storage.full", { path: "/" });
    },
  };
}

function runningCommands(): RunningCommands {
  const running = new Map<string, object>();
  return {
    begin({ run, phase }) {
      const key = `${run}/${phase}`;
      const me = {};
      running.set(key, me);
      return {
        runs: () => running.get(key) === me,
        end: () => {
          if (running.get(key) === me) running.delete(key);
        },
      };
    },
    end: (run, phase) => running.delete(`${run}/${phase}`),
    of: (run) => [...running.keys()].filter((key) => key.startsWith(`${run}/`)),
  };
}
