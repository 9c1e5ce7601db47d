/** What the log of a run says was sent, held to what the scripted model received. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { LiveRun } from "./live-run.ts";
import { withoutTime } from "./model-wire.ts";
import type { ScriptedModel } from "./scripted-model.ts";

/** Each prompt arrived byte for byte, and once, in order. */
export function expectToldOnce(run: LiveRun, model: ScriptedModel): void {
  const sent = run.of("prompt.sending").map(({ phase, file, sha256 }) => {
    const text = readFileSync(file, "utf8");
    expect(createHash("sha256").update(text).digest("hex")).toBe(sha256);
    return [phase, text];
  });
  const received = model.delivered.map(({ phase, prompt }) => [phase, withoutTime(prompt)]);
  expect(received).toEqual(sent);
}
