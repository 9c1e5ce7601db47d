/** `npm run crash`: kills devflow's daemon, at its named points or at random, and prints what was lost, done twice or left behind. */
import { parseArgs } from "node:util";
import { buildDoomed } from "./build.ts";
import { walk, walkMutants } from "./matrix.ts";
import { POINTS } from "./points.ts";
import { storm } from "./storm.ts";

const USAGE = `npm run crash -- [options]

  --runs N     runs with random kills (50)
  --kills K    kills in each (20)
  --seed S     what decides when (1)
  --lanes N    homes side by side (3)
  --points     the named points instead, each once
  --at NAME    only those whose name has this in it
  --mutants    with devflow broken on purpose, one rule each: all must be noticed`;

const ROOT = new URL("../../..", import.meta.url).pathname;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "50" },
      kills: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
      lanes: { type: "string", default: "3" },
      points: { type: "boolean", default: false },
      at: { type: "string" },
      mutants: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return print(USAGE);
  if (values.mutants) return doomed(mutants);
  if (values.points || values.at !== undefined) return doomed((folder) => points(folder, values.at ?? ""));
  const [runs, kills, seed, lanes] = [values.runs, values.kills, values.seed, values.lanes].map(whole);
  return random({ runs: runs ?? 0, kills: kills ?? 0, seed: seed ?? 0, lanes: lanes ?? 1 });
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${text} is not a whole number\n${USAGE}`);
  return Number(text);
}

function print(...lines: string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

async function doomed(work: (installation: string) => Promise<number>): Promise<number> {
  const { folder, remove } = await buildDoomed();
  try {
    return await work(folder);
  } finally {
    remove();
  }
}

async function points(installation: string, part: string): Promise<number> {
  const chosen = POINTS.filter(({ name }) => name.includes(part));
  const { walks, over } = walk({ points: chosen, installation });
  let bad = 0;
  for (const { point, kind, found } of walks) {
    const said = await found;
    if (said.length > 0) bad += 1;
    print(`${said.length > 0 ? "✗" : "✓"} ${kind.padEnd(6)} ${point.name}`, ...said.map((one) => `    ${one}`));
  }
  const last = await over;
  print(
    ...last.map((one) => `✗ afterwards: ${one}`),
    `${walks.length} runs at ${chosen.length} points: ${bad + last.length} went wrong`,
  );
  return bad + last.length === 0 ? 0 : 1;
}

async function mutants(installation: string): Promise<number> {
  let missed = 0;
  for (const { name, sign, found } of walkMutants(installation)) {
    const all = await found;
    const shown = all.find((one) => sign.test(one));
    if (shown === undefined) missed += 1;
    print(`${shown === undefined ? "✗" : "✓"} devflow ${name}: ${shown ?? `not noticed (${all.join("; ")})`}`);
  }
  return missed === 0 ? 0 : 1;
}

async function random(how: { runs: number; kills: number; seed: number; lanes: number }): Promise<number> {
  print("run  home   story  kills  events  what was wrong");
  const told = (line: string): void => {
    const [number = "", kind = "", story = "", kills = "", events = "", ...wrong] = line.split(" ");
    print(
      [
        number.padEnd(4),
        kind.padEnd(6),
        story.padEnd(6),
        kills.padStart(5),
        events.padStart(7),
        "",
        wrong.join(" "),
      ].join(" "),
    );
  };
  const from = performance.now();
  const { runs, kills, events, found } = await storm({ ...how, installation: ROOT, told });
  const seconds = ((performance.now() - from) / 1_000).toFixed(1);
  print("", `${runs} runs, ${kills} kills, ${events} events in ${seconds} s (seed ${how.seed})`);
  print(
    ...found.map((one) => `✗ ${one}`),
    found.length === 0 ? "0 lost, 0 twice, 0 left behind" : `${found.length} things are wrong`,
  );
  return found.length === 0 ? 0 : 1;
}

process.exitCode = await main();
