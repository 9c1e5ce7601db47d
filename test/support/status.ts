/** What the daemon says stands in its way, asked over a connection that is open already: a new one may be impossible. */
import { join } from "node:path";
import { expect, vi } from "vitest";
import { type Link, openLink } from "../../src/protocol/link.ts";
import type { World } from "./world.ts";

export const linkTo = (w: World): Promise<Link> => openLink(join(w.home, "run", "devflowd.sock"));

/** Long enough for whatever tries again to try again, on a busy machine. */
const PATIENCE = { timeout: 30_000, interval: 100 };

export async function problems(link: Link): Promise<string[]> {
  const { problems: now } = await link.call("daemon.status", {}, 5_000);
  return now.map(({ code }) => code);
}

export const untilProblem = (link: Link, code: string): Promise<void> =>
  vi.waitFor(async () => expect(await problems(link)).toContain(code), PATIENCE);

export const untilNone = (link: Link): Promise<void> =>
  vi.waitFor(async () => expect(await problems(link)).toEqual([]), PATIENCE);
