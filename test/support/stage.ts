/** The whole engine over fakes, in one call: what a test of runs needs and nothing else. */
import { setImmediate } from "node:timers/promises";
import { type FakeScript, type FakeTurn, fakeAgents } from "../../src/adapters/agents/fake-agent.ts";
import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import { systemIds } from "../../src/adapters/system/ids.ts";
import type { RunId } from "../../src/domain/ids.ts";
import { referenceOf } from "../../src/domain/names.ts";
import { fold } from "../../src/domain/run-evolve.ts";
import { statusOf } from "../../src/domain/run-state.ts";
import type { Template } from "../../src/domain/template.ts";
import { accounts } from "../../src/engine/accounts.ts";
import { type Engine, type EngineDeps, engine } from "../../src/engine/engine.ts";
import { livingSessions, type Metering } from "../../src/engine/sessions.ts";
import type { AgentAdapter } from "../../src/ports/agent.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { EventLog } from "../../src/ports/event-log.ts";
import {
  agentsOf,
  digest,
  fakeCommands,
  fakeDefinitions,
  fakeFiles,
  fakeReports,
  fakeWorkspaces,
  silent,
} from "./fakes.ts";
import { persona } from "./made.ts";

export interface Stage extends Omit<EngineDeps, "sessions"> {
  engine: Engine;
  files: ReturnType<typeof fakeFiles>;
  /** What every agent was told, in order: `specify#1 work`. */
  told: string[];
  start(goal?: string): Promise<RunId>;
  events(run: RunId): string[];
  status(run: RunId): string;
  /** The same outside under a new engine, as after `kill -9`. */
  restart(): Stage;
}

export interface StageOptions {
  template: Template;
  script?: FakeScript;
  clock: Clock;
  log?: EventLog;
  /** Instead of the fake agents that play the script. */
  agents?: AgentAdapter;
  /** What the engine is given beside. */
  more?: Partial<Pick<EngineDeps, "budget" | "moved" | "affords">> & { metering?: Metering };
}

const NOTE = { name: "note", version: 1, description: "a note", schema: { type: "object", required: ["note"] } };
const APPROVED = {
  name: "approved",
  version: 1,
  description: "an approved note",
  schema: { type: "object", required: ["note", "approved"] },
};

export function stage({ template, script, clock, log = memoryEventLog(), agents, more = {} }: StageOptions): Stage {
  const files = fakeFiles(setImmediate);
  const told: string[] = [];
  const plays: FakeScript = async (turn) => {
    told.push(spoken(turn));
    await (script ?? ((now) => files.put(now.artifact, JSON.stringify({ note: now.artifact, approved: true }))))(turn);
  };
  const outside = {
    log,
    clock,
    ids: systemIds(),
    journal: silent,
    agents: agentsOf(agents ?? fakeAgents(plays)),
    artifacts: files,
    workspaces: fakeWorkspaces(),
    commands: fakeCommands(),
    reports: fakeReports(),
    leavings: { remove: async () => {} },
    definitions: fakeDefinitions({
      templates: [template],
      schemas: [NOTE, APPROVED],
      personas: [...new Set(Object.keys(template.roles))].map((role) => persona(`fake-${role}`)),
    }),
    random: () => 0.5,
    digest,
    allowPaper: true,
    resume: "auto" as const,
    ...more,
  };
  return build(outside, { files, told, template });
}

type Outside = Omit<EngineDeps, "sessions"> & { metering?: Metering };

function build(
  outside: Outside,
  more: { files: ReturnType<typeof fakeFiles>; told: string[]; template: Template },
): Stage {
  const shared = accounts(outside);
  const made = engine({ ...outside, accounts: shared, sessions: livingSessions({ ...outside, accounts: shared }) });
  const state = (run: RunId) => fold(outside.log.read(run).map(({ event }) => event));
  return {
    ...outside,
    ...more,
    engine: made,
    start: async (goal = "do it") => {
      const bind = Object.fromEntries(Object.keys(more.template.roles).map((role) => [role, `fake-${role}@1`]));
      return (
        await made.start({ template: referenceOf(more.template), goal, repo: `/repo/${goal}`, bind, commands: {} })
      ).run;
    },
    events: (run) =>
      outside.log
        .read(run)
        .map(({ event }) => ("phase" in event && event.phase ? `${event.type} ${event.phase}` : event.type)),
    status: (run) => statusOf(state(run)),
    restart: () => build(outside, more),
  };
}

const spoken = ({ prompt }: FakeTurn): string => {
  const phase = /^Phase: (.+)$/m.exec(prompt.text)?.[1];
  const attempt = /^Attempt: (.+)$/m.exec(prompt.text)?.[1];
  const purpose = prompt.text.startsWith("You work")
    ? "work"
    : prompt.text.startsWith("The artifact that")
      ? "repair"
      : prompt.text.startsWith("Your process has ended")
        ? "continue"
        : "nudge";
  return `${phase}#${attempt} ${purpose}`;
};
