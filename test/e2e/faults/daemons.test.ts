/** Two daemons at the same instant, and one that is told to stop while it is at work. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openLink } from "../../../src/protocol/link.ts";
import { isThere } from "../../support/alive.ts";
import { begin } from "../../support/live-run.ts";
import { addTemplate } from "../../support/shelf.ts";
import { type World, world } from "../../support/world.ts";

const DEVFLOWD = join(import.meta.dirname, "../../../bin/devflowd");
/** `DEVFLOW_RACES=100` for the whole figure; each race costs two starts. */
const RACES = Number(process.env.DEVFLOW_RACES ?? "12");
const ALREADY_RUNNING = 5;

const worlds: World[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const w of worlds.splice(0)) await w.close();
}, 90_000);

function enter(...options: Parameters<typeof world>): World {
  const made = world(...options);
  worlds.push(made);
  return made;
}

test(
  `of two daemons that start at the same instant exactly one runs (${RACES} times)`,
  async () => {
    const w = enter({ host: "pty" });
    let exactlyOne = 0;
    for (let race = 0; race < RACES; race += 1) {
      const pair = [0, 1].map(() => {
        const child = spawn(process.execPath, [DEVFLOWD, "start", "--foreground"], { env: w.env, stdio: "ignore" });
        children.push(child);
        return child;
      });
      const [first, code] = await Promise.race(
        pair.map(async (child) => [child, ((await once(child, "exit")) as [number | null])[0]] as const),
      );
      const winner = pair.find((child) => child !== first);
      expect(code).toBe(ALREADY_RUNNING);
      const pid = await vi.waitFor(() => ping(w), { timeout: 20_000, interval: 10 });
      if (pid === winner?.pid) exactlyOne += 1;
      const gone = winner && once(winner, "exit");
      winner?.kill("SIGTERM");
      expect(await gone).toEqual([0, null]);
    }
    console.log(`two daemons at the same instant: exactly one in ${exactlyOne} of ${RACES} races`);
    expect(exactlyOne).toBe(RACES);
  },
  RACES * 10_000,
);

async function ping(w: World): Promise<number> {
  const link = await openLink(join(w.home, "run", "devflowd.sock"));
  try {
    return (await link.call("daemon.ping", {}, 5_000)).pid;
  } finally {
    link.close();
  }
}
