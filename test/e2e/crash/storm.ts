/** Kills at no particular moments: a run is played on the devflowd that people have, and that is killed again and again. */
import { setTimeout as pause } from "node:timers/promises";
import { dice } from "../../../sim/dice.ts";
import { type Home, type HomeOptions, home } from "./home.ts";
import type { StoryName } from "./stories.ts";

/** A daemon that has just answered lives on for so long at most, in milliseconds: by then it does what it is here for. */
const LIFE_MS = 500;

export interface StormOptions {
  runs: number;
  kills: number;
  seed: number;
  lanes: number;
  installation: string;
  told?(line: string): void;
}

export interface Storm {
  runs: number;
  kills: number;
  events: number;
  found: string[];
}

const STORIES: readonly StoryName[] = ["chain", "line", "chain", "asks"];
const KINDS: readonly HomeOptions["kind"][] = ["auto", "auto", "pty"];

export async function storm({ runs, kills, seed, lanes, installation, told }: StormOptions): Promise<Storm> {
  const sum: Storm = { runs: 0, kills: 0, events: 0, found: [] };
  let next = 0;
  async function lane(kind: HomeOptions["kind"]): Promise<void> {
    let here: Home | undefined;
    const leave = async (): Promise<void> => {
      sum.found.push(...((await here?.close()) ?? []));
      here = undefined;
    };
    while (next < runs) {
      const number = next++;
      here ??= await home({ kind, installation, patienceMs: 45_000 });
      const one = await stormy(here, kills, seed, number);
      sum.runs += 1;
      sum.kills += one.kills;
      sum.events += one.events;
      sum.found.push(...one.found.map((found) => `run ${number} of seed ${seed} (${one.story}, ${kind}): ${found}`));
      told?.(`${number} ${kind} ${one.story} ${one.kills} ${one.events} ${one.found.join("; ") || "-"}`);
      if (one.found.length > 0) await leave();
    }
    await leave();
  }
  await Promise.all(Array.from({ length: lanes }, (_, at) => lane(KINDS[at % KINDS.length] ?? "auto")));
  return sum;
}

async function stormy(
  here: Home,
  most: number,
  seed: number,
  number: number,
): Promise<{ story: StoryName; kills: number; events: number; found: string[] }> {
  const thrown = dice(`${seed}/${number}`);
  const story = STORIES[thrown.pick("story", STORIES.length)] ?? "chain";
  let kills = 0;
  let over = false;
  async function strike(): Promise<void> {
    while (kills < most && !over) {
      const life = here.life();
      await pause(Math.round(thrown.of(`life ${kills}`) * LIFE_MS));
      if (over || life.end !== undefined) return;
      kills += 1;
      await life.kill();
      while (here.life() === life && !over) await pause(5);
    }
  }
  const striking = strike();
  const { found, played } = await here.play(story);
  over = true;
  await striking;
  return { story, kills, events: played.log.length, found };
}
