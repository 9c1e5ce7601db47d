/** A devflow home in which one run after the other is played, on daemons that die; and what is there once the last of them has stopped. */
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Life, live } from "./daemon.ts";
import { left, processes } from "./left.ts";
import { type Played, play } from "./play.ts";
import { backupOf, type Stage, type StoryName, stage } from "./stories.ts";

export interface HomeOptions {
  /** Where terminals live; or a home whose agents are models. */
  kind: "auto" | "pty" | "models";
  /** The folder of the devflow that is run. */
  installation: string;
  env?: Readonly<Record<string, string>>;
  patienceMs?: number;
}

export interface Home {
  stage: Stage;
  life(): Life;
  /** Plays a run to its end; gives every rule that it broke, and everything that it left. */
  play(story: StoryName): Promise<{ found: string[]; played: Played }>;
  /** Stops the daemon and removes the home; gives what was still there. */
  close(): Promise<string[]>;
  readonly folder: string;
}

/** Longer than any pause that devflow makes in these stories by itself. */
const PATIENCE_MS = 20_000;

export async function home({ kind, installation, env = {}, patienceMs = PATIENCE_MS }: HomeOptions): Promise<Home> {
  const here = await stage(kind === "pty" ? "pty" : "auto", kind === "models");
  const { w, server } = here;
  const [doom, tmp] = [join(w.folder, "doom"), join(w.folder, "tmp")];
  for (const folder of [doom, tmp, dirname(backupOf(w))]) mkdirSync(folder);
  w.env.TMPDIR = tmp;
  const start = (): Promise<Life> => live(w, installation, { DEVFLOW_DOOM: doom, ...env });
  let life = await start();
  let runs = 0;
  let sound = true;
  return {
    stage: here,
    folder: doom,
    life: () => life,
    async play(story) {
      const charged = server?.charged() ?? 0n;
      runs += 1;
      const played = await play({
        stage: here,
        story,
        key: `run ${runs}`,
        life: () => life,
        again: async () => {
          life = await start();
        },
        patienceMs,
      });
      const found = played.broken.length > 0 ? played.broken : await left(here, story, played, { charged });
      if (found.length > 0) sound = false;
      return { found, played };
    },
    async close() {
      const found: string[] = [];
      if (sound && life.end === undefined) {
        const audit = await life.call("audit.verify", {});
        if (audit?.whole !== true) found.push(`the audit record is not whole: ${JSON.stringify(audit?.problems)}`);
        await life.stop();
        found.push(...(await stillThere(w.folder)));
      }
      if (sound && found.length === 0) {
        rmSync(w.folder, { recursive: true, force: true, maxRetries: 5 });
        await server?.close();
      } else {
        await life.kill();
        await w.devflowd("start"); // as people have it: it ends what the one before should have ended
        await here.close();
      }
      return found;
    },
  };
}

/** What a program that was told to end may take for it, on a machine that has much else to do. */
const END_MS = 3_000;
const LOOK_MS = 50;

async function stillThere(folder: string): Promise<string[]> {
  for (const until = Date.now() + END_MS; ; await pause(LOOK_MS)) {
    const there = processes([folder]);
    if (there.length === 0 || Date.now() > until) return there;
  }
}
