/** What of an event is scrubbed before it is stored, and what never is. */
import { expect, test } from "vitest";
import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import { RunEvent } from "../../src/domain/event.ts";
import { RunId } from "../../src/domain/ids.ts";
import { redactor } from "../../src/domain/redact.ts";
import { GOAL_SCRUBBED, scrubEvent } from "../../src/domain/scrub-event.ts";
import { scrubbedLog } from "../../src/engine/scrubbed-log.ts";
import { HASH, persona, session, started, template } from "../support/made.ts";

const SECRET = "planted-secret-4711";
const redact = redactor([SECRET]);
const failure = { code: "internal" as const, message: SECRET, hint: SECRET, details: { problem: `a ${SECRET}`, n: 1 } };
const about = { phase: "specify", attempt: 1 };
const evidence = [{ source: "screen" as const, said: `it shows ${SECRET}`, at: 1 }];

// biome-ignore format: one event a line
const TOLD: RunEvent[] = [
  { type: "phase.started", ...about, round: 1, cause: "rejected", comment: SECRET },
  { type: "phase.failed", ...about, failure },
  { type: "session.changed", session: session(), from: "ready", to: "working", cause: SECRET, evidence },
  { type: "session.recovery", session: session(), counter: "nudge", used: 1, cause: SECRET },
  { type: "session.closed", session: session(), cause: SECRET },
  { type: "prompt.delivered", key: "k", ...about, session: session(), receipt: evidence },
  { type: "prompt.held", key: "k", ...about, session: session(), reason: SECRET },
  { type: "artifact.refused", ...about, violations: [{ at: "/a", problem: SECRET }] },
  { type: "command.starting", ...about, argv: ["curl", "-H", `Authorization: ${SECRET}`] },
  { type: "approval.answered", phase: "specify", attempt: 1, when: "after", answer: "reject", by: "me", comment: SECRET },
  { type: "escalation.settled", escalation: session("E") as never, answer: SECRET, by: "me" },
  { type: "tool.calling", session: session(), nth: 1, call: "c", agent: "main", tool: "run_command", about: SECRET, argsBytes: 1, argsSha256: HASH },
  { type: "run.interrupted", cause: SECRET },
  { type: "run.cancelled", by: "me", comment: SECRET },
  { type: "run.failed", failure },
];

test.each(TOLD.map((event) => [event.type, event] as const))(
  "%s is stored without the secret that is in it, and can be read again",
  (_, event) => {
    const clean = scrubEvent(event, redact);
    expect(JSON.stringify(clean)).not.toContain(SECRET);
    expect(RunEvent.parse(clean)).toEqual(clean);
    expect({ ...clean, type: event.type }).toEqual(JSON.parse(JSON.stringify(event).replaceAll(SECRET, "[redacted]")));
  },
);

test("an event without a secret is the same event", () => {
  const event = started(template({ specify: {} }));
  expect(scrubEvent(event, redact)).toBe(event);
});

test("a run's goal loses its secret, its kept copies stay as they were hashed, and the person is told", () => {
  const made = template({ specify: { title: SECRET } });
  const event = {
    ...started(made),
    goal: `use ${SECRET}`,
    base: SECRET,
    bindings: { specify: { persona: persona("p", { instructions: SECRET }), hash: HASH } },
  };
  expect(scrubEvent(event, redact)).toEqual({ ...event, goal: "use [redacted]", warnings: [GOAL_SCRUBBED] });
});

test("a text at the limit of its length does not outgrow it", () => {
  const said = `${"x".repeat(500 - 8)}aSecret1`;
  const event: RunEvent = {
    type: "prompt.delivered",
    key: "k",
    ...about,
    session: session(),
    receipt: [{ source: "title", said, at: 1 }],
  };
  const clean = scrubEvent(event, redactor(["aSecret1"]));
  expect(RunEvent.safeParse(clean).success).toBe(true);
  expect(JSON.stringify(clean)).not.toContain("aSecret1");
});

test("the log answers with, keeps and passes on what was scrubbed", async () => {
  const log = scrubbedLog(memoryEventLog(), redact);
  const run = RunId.parse(`01${"R".repeat(24)}`);
  const event = { ...started(template({ specify: {} })), goal: `use ${SECRET}` };
  const written = await log.append(run, 0, [event], { at: 1 });
  expect(JSON.stringify([written, log.read(run), log.runs({ limit: 9 })])).not.toContain(SECRET);
  for await (const { event: followed } of log.follow(0, AbortSignal.timeout(5_000))) {
    expect(followed).toMatchObject({ goal: "use [redacted]" });
    break;
  }
});
