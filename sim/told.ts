/** A line for an event of a simulated run: short enough to read many of them. */
import type { RunEvent, StoredEvent } from "../src/domain/event.ts";
import type { Phase } from "../src/domain/template.ts";

const LONGEST = 160;

export const told = ({ run, position, event }: StoredEvent): string => `${run.slice(-2)} ${position} ${said(event)}`;

function said(event: RunEvent): string {
  const { type, ...more } = event;
  if (event.type === "run.started") return `${type} ${event.template.phases.map(drawn).join(" ")}`;
  return `${type} ${JSON.stringify(more).slice(0, LONGEST)}`;
}

/** `p2[red ←p0,p1 after ↺p0]`: who does it, what it needs, its gate, and where its loop goes back to. */
function drawn({ id, role = "$", needs, approval, repeat }: Phase): string {
  const parts = [role, needs.length > 0 ? `←${needs.join(",")}` : "", approval ?? "", repeat ? `↺${repeat.from}` : ""];
  return `${id}[${parts.filter((part) => part !== "").join(" ")}]`;
}
