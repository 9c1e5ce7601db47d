/** For tests that take a real run through trouble: it must have broken no rule. */
import { expect } from "vitest";
import type { StoredEvent } from "../../src/domain/event.ts";
import { broken } from "./invariants.ts";

/** Fails with every rule that the run has broken. */
export function expectSound(log: readonly Pick<StoredEvent, "position" | "event">[]): void {
  expect(broken(log)).toEqual([]);
}
