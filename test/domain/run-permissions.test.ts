/** What a run makes of an agent that asks permission: its persona's lists answer, or a person does, and each answer is given once. */
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import { EscalationId } from "../../src/domain/ids.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { type Asked, Permissions } from "../../src/domain/permission.ts";
import type { AgentState } from "../../src/domain/session.ts";
import { given } from "../support/given.ts";
import {
  escalation,
  HASH,
  OTHER_HASH,
  opened,
  phaseStarted,
  prompted,
  running,
  session,
  started,
  template,
  workspaceReady,
} from "../support/made.ts";

const made = template({ specify: {} });
const plain = running(made, phaseStarted("specify"), ...opened("specify"), ...prompted("specify"));

function withLists(lists: { allow?: string[][]; deny?: string[][] }): RunEvent[] {
  const begun = started(made);
  const bound = begun.bindings.specify;
  if (!bound) throw new Error("the role is not bound");
  const permissions = Permissions.parse(lists);
  const bindings = { specify: { ...bound, persona: { ...bound.persona, permissions } } };
  return [{ ...begun, bindings }, workspaceReady, ...plain.slice(2)];
}

const asked = (command: string, digest = HASH): Asked => ({
  dialog: "command",
  tool: "command",
  command,
  text: `Run it?\n$ ${command}`,
  options: ["Yes", "No"],
  digest,
});
const verdict = (state: AgentState, asks?: Asked, id = escalation): Outcome => ({
  kind: "verdict",
  session: session(),
  escalation: id,
  verdict: { state, evidence: [], ...(asks && { asks }) },
});
const OTHER = EscalationId.parse(`01${"F".repeat(24)}`);
const asks = verdict("awaiting_permission", asked("npm test"));
const says = (answer: "allow" | "deny"): Outcome => ({ kind: "permit", escalation, answer, by: "kim" });
const receipt = (result: Extract<Outcome, { kind: "permitted" }>["result"]): Outcome => ({
  kind: "permitted",
  session: session(),
  permission: escalation,
  result,
  escalation: OTHER,
});

describe("without lists", () => {
  test("a person is asked, with all that the dialog says", () => {
    const run = given(plain).when(asks);
    run.leads(["session.changed", "escalation.raised specify"]);
    expect(run.status()).toBe("waiting");
    expect(run.state.escalations[0]?.failure.details).toMatchObject({
      text: "Run it?\n$ npm test",
      command: "npm test",
      options: "Yes\nNo",
      digest: HASH,
    });
  });

  test("the same question seen again is the same, and another one takes its place", () => {
    given(plain).when(asks, asks).follows([]);
    const other = verdict("awaiting_permission", asked("npm start", OTHER_HASH), OTHER);
    const run = given(plain).when(asks, other);
    run.leads(["escalation.settled", "escalation.raised specify"]);
    expect(run.state.escalations.map((e) => e.failure.details.digest)).toEqual([OTHER_HASH]);
  });

  test("a person's answer is announced, given as a step, and settles the question once it was taken", () => {
    const run = given(plain).when(asks, says("allow"));
    run.leads(["permission.answering specify"]);
    expect(run.next()).toContain(`permission/${escalation}`);
    given(plain).when(asks, says("allow"), says("deny")).follows([]);
    const taken = given(plain).when(asks, says("allow"), receipt("answered"));
    taken.follows([
      { type: "permission.answered", permission: escalation, session: session(), answer: "allow", result: "answered" },
      { type: "escalation.settled", escalation, answer: "allow", by: "kim" },
    ]);
    expect(taken.next()).not.toContain(`permission/${escalation}`);
  });

  test("an answer to what has changed or is gone is not given, and the question is over", () => {
    for (const result of ["changed", "gone"] as const) {
      const run = given(plain).when(asks, says("allow"), receipt(result));
      run.leads(["permission.answered", "escalation.settled"]);
      expect(run.state.escalations).toEqual([]);
    }
  });

  test("a question that stands although it was answered is asked again, as another one", () => {
    const run = given(plain).when(asks, says("allow"), receipt("unanswered"));
    run.leads(["permission.answered", "escalation.settled", "escalation.raised specify"]);
    expect(run.state.escalations.map((e) => e.escalation)).toEqual([OTHER]);
  });

  test("a person who answers in the pane settles it", () => {
    given(plain).when(asks, verdict("working")).leads(["session.changed", "escalation.settled"]);
  });

  test("a dialog that could not be read is asked about too, and answered where it stands", () => {
    given(plain).when(verdict("awaiting_permission")).leads(["session.changed", "escalation.raised specify"]);
    given(plain).when(verdict("awaiting_permission"), says("allow")).follows([]);
  });
});

describe("with lists", () => {
  const lists = withLists({ allow: [["npm", "test"]], deny: [["npm", "publish"]] });

  test("what they allow and deny is answered without a person", () => {
    const run = given(lists).when(asks);
    run.leads(["session.changed", "permission.answering specify"]);
    expect(run.state.escalations).toEqual([]);
    expect(run.state.sessions[session()]?.permission).toMatchObject({ answer: "allow", by: "fake-specify@1" });
    const denied = given(lists).when(verdict("awaiting_permission", asked("npm publish")));
    expect(denied.state.sessions[session()]?.permission).toMatchObject({ answer: "deny" });
  });

  test("what they leave open is asked", () => {
    given(lists)
      .when(verdict("awaiting_permission", asked("npm start")))
      .leads(["session.changed", "escalation.raised specify"]);
  });

  test("an answer that was not taken is a person's matter", () => {
    given(lists).when(asks, receipt("unanswered")).leads(["permission.answered", "escalation.raised specify"]);
  });

  test("another question while an answer is on its way is decided anew", () => {
    const other = verdict("awaiting_permission", asked("npm test -- x", OTHER_HASH), OTHER);
    const run = given(lists).when(asks, other);
    run.leads(["permission.answered", "permission.answering specify"]);
    expect(run.state.sessions[session()]?.permission).toMatchObject({ permission: OTHER, digest: OTHER_HASH });
  });
});
