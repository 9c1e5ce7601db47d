/** Output that a terminal has missed, as when a person leaves and the window gets its size back: what it told is asked for, not remembered. */
import { expect, it } from "vitest";
import { observe } from "../../../src/adapters/agents/observer.ts";
import type { Screen, Terminal, TerminalEvent } from "../../../src/ports/terminal-host.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { profile } from "../../support/profiles.ts";

const WORKING = "⠁ paper — working";
const READY = "paper — ready";
const ROWS = ["Paper agent", "", "› Describe a task", "", "  ? for shortcuts · paper-agent"];

it.each<[what: string, told: TerminalEvent]>([
  ["the title that it had", { type: "title", title: WORKING }],
  ["the status that it told", { type: "osc", code: 7501, text: "state=working" }],
])("an agent that became ready in it is not taken for working by %s before", async (_, told) => {
  const clock = manualClock();
  const listeners: ((event: TerminalEvent) => void)[] = [];
  let title = told.type === "title" ? WORKING : "";
  const screen = (): Screen => ({
    ...{ cols: 80, rows: ROWS, title, alternate: false, bracketedPaste: true },
    cursor: { row: 2, col: 2, visible: true },
  });
  const terminal = {
    exit: undefined,
    on: (listener: (event: TerminalEvent) => void) => {
      listeners.push(listener);
      return () => {};
    },
    screen: async () => screen(),
  };
  const observer = observe(terminal as unknown as Terminal, profile("paper"), clock);
  const tell = (event: TerminalEvent): void => {
    for (const listener of listeners) listener(event);
  };
  try {
    tell(told);
    await clock.advance(2_000);
    expect(observer.verdict().state).toBe("working");
    title = READY;
    tell({ type: "gap" });
    await clock.advance(2_000);
    expect(observer.verdict().state).toBe("ready");
  } finally {
    observer.stop();
  }
});
