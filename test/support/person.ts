/** A person at a terminal, who runs devflow there: a pane of another tmux, its keys and its screen. */
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { SessionNow } from "../../src/protocol/session-methods.ts";
import { type BarePane, barePane } from "./bare-tmux.ts";
import type { World } from "./world.ts";

const DEVFLOW = join(import.meta.dirname, "../../bin/devflow");
/** Generous: a machine under load starts programs slowly. */
export const WAIT = { timeout: 60_000, interval: 100 };

export interface Person extends BarePane {
  sees(text: string | RegExp): Promise<void>;
  /** The exit code of devflow, once it has ended. */
  ended(): Promise<number | undefined>;
}

/** The person's shell is inside a tmux of their own, as people's often are. */
export async function person(w: World, args: readonly string[], size = { cols: 100, rows: 40 }): Promise<Person> {
  const shell = ["sh", "-c", 'echo "before it"; exec "$@"', "sh", process.execPath, DEVFLOW, ...args];
  const env = { ...w.env, TMUX: join(w.folder, "own-tmux,1,0") };
  const pane = await barePane({ argv: shell, cwd: w.repo, env, ...size });
  return {
    ...pane,
    sees: (text) => vi.waitFor(async () => expect(await pane.text()).toMatch(text), WAIT),
    ended: () =>
      vi.waitFor(async () => {
        const code = await pane.exit();
        expect(code).toBeDefined();
        return code;
      }, WAIT),
  };
}

/** The session of this role, once it is in this state. */
export function sessionOf(w: World, role: string, state: SessionNow["state"]): Promise<SessionNow> {
  return vi.waitFor(async () => {
    const all = await w.json<SessionNow[]>("sessions", "list");
    const found = all.find((session) => session.role === role);
    if (found?.state !== state) throw new Error(`${role} is ${found?.state ?? "not there"}, not ${state}`);
    return found;
  }, WAIT);
}

export const screenOf = async (w: World, session: string): Promise<string[]> =>
  (await w.json<{ screen?: string[] }>("sessions", "show", session)).screen ?? [];
