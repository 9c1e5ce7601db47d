/** Ready-made values for tests of the domain and the engine. */
import type { RunEvent, RunStarted } from "../../src/domain/event.ts";
import { EscalationId, SessionId } from "../../src/domain/ids.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { Persona } from "../../src/domain/persona.ts";
import { Template } from "../../src/domain/template.ts";

export const HASH = "a".repeat(64);
export const OTHER_HASH = "b".repeat(64);
const ulid = (letter: string): string => `01${letter.repeat(24)}`;
export const session = (letter = "A"): SessionId => SessionId.parse(ulid(letter));
export const escalation = EscalationId.parse(ulid("E"));

export const persona = (name: string, more: Partial<Persona> = {}): Persona =>
  Persona.parse({
    name,
    version: 1,
    description: name,
    capabilities: ["work"],
    adapter: "fake",
    family: "paper",
    ...more,
  });

/** A template in short: `{ review: { needs: ["specify"] } }`; each phase has a role of its own unless it says otherwise. */
export function template(phases: Record<string, Record<string, unknown>>): Template {
  const list = Object.entries(phases).map(([id, more]) => {
    const worker = "run" in more ? {} : { role: id };
    return { id, produces: { schema: "note@1" }, ...worker, ...more };
  });
  const roles = Object.fromEntries(
    list.flatMap((phase) => ("role" in phase ? [[phase.role, { requires: ["work"] }]] : [])),
  );
  return Template.parse({ name: "made", version: 1, description: "made for a test", roles, phases: list });
}

export function started(made: Template): RunStarted {
  return {
    type: "run.started",
    repo: "/repo",
    base: "main",
    baseCommit: "c0ffee",
    goal: "do it",
    template: made,
    templateHash: HASH,
    bindings: Object.fromEntries(
      Object.keys(made.roles).map((role) => [role, { persona: persona(`fake-${role}`), hash: HASH }]),
    ),
    schemas: { "note@1": { schema: { type: "object" }, hash: HASH } },
    warnings: [],
  };
}

export const workspaceReady: RunEvent = { type: "workspace.ready", path: "/w", branch: "devflow/x", commit: "c0ffee" };
export const workspace: Outcome = { kind: "workspace", path: "/w", branch: "devflow/x", commit: "c0ffee" };

/** A run in its worktree, with the phases started that can start. */
export const running = (made: Template, ...more: RunEvent[]): RunEvent[] => [started(made), workspaceReady, ...more];

export const phaseStarted = (phase: string, attempt = 1, round = 1): RunEvent => ({
  type: "phase.started",
  phase,
  attempt,
  round,
  cause: "ready",
});

/** A role's session, opened and ready. */
export const opened = (role: string, id = session()): RunEvent[] => [
  { type: "session.opening", session: id, role, persona: `fake-${role}@1`, adapter: "fake" },
  { type: "session.opened", session: id, host: "process", key: "k" },
];

/** A prompt of a phase that its agent has taken. */
export const prompted = (phase: string, number = 1, id = session(), attempt = 1): RunEvent[] => {
  const key = `prompt/${phase}/${attempt}/${number}`;
  return [
    {
      type: "prompt.sending",
      key,
      phase,
      attempt,
      number,
      session: id,
      purpose: "work",
      sha256: HASH,
      bytes: 1,
      file: "f",
    },
    { type: "prompt.delivered", key, phase, attempt, session: id, receipt: [] },
  ];
};

export const good = (phase: string, { attempt = 1, satisfied = true, sha256 = HASH } = {}): Outcome => ({
  kind: "good",
  phase,
  attempt,
  artifact: { sha256, bytes: 2, satisfied },
});

export const bad = (phase: string, attempt = 1): Outcome => ({
  kind: "bad",
  phase,
  attempt,
  violations: [{ at: "/a", problem: "must be there" }],
  sha256: OTHER_HASH,
});
