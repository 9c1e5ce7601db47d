/** The journal of a model agent, as a killed process leaves it. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openJournal } from "../../../../src/adapters/models/child/journal.ts";
import { tempDirectory } from "../../../support/temp.ts";

const asked = (call: string) => ({
  call,
  agent: "main",
  phase: "spec",
  attempt: "spec/1",
  model: "m",
  requestBytes: 1,
  requestSha256: "0".repeat(64),
});

test("tells what is open, what was sent, and what nobody has confirmed", () => {
  const path = join(tempDirectory(), "journal.jsonl");
  const journal = openJournal(path);
  for (const call of ["a", "b", "c", "d"]) journal.asked(asked(call));
  for (const call of ["b", "c", "d"]) journal.sent(call);
  journal.settled("c", { kind: "unknown" });
  journal.settled("d", { kind: "unused" });
  journal.confirmed("d");
  journal.close();

  const next = openJournal(path);
  expect(next.open().map(({ asked, sent }) => [asked.call, sent])).toEqual([
    ["a", false],
    ["b", true],
  ]);
  expect(next.unconfirmed()).toEqual([{ call: "c", end: { kind: "unknown" } }]);
  next.close();
});

test("goes on after a line that was left half, Korean letters cut in the middle included", () => {
  const path = join(tempDirectory(), "journal.jsonl");
  const journal = openJournal(path);
  journal.asked(asked("a"));
  journal.close();
  appendFileSync(path, Buffer.from('{"t":"sent","call":"시').subarray(0, -1));

  const next = openJournal(path);
  next.sent("a");
  next.close();
  const last = openJournal(path);
  expect(last.open().map(({ asked, sent }) => [asked.call, sent])).toEqual([["a", true]]);
  last.close();
});
