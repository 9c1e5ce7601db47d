/** Walks the points: for each a run is played whose daemon dies there; several homes side by side, each used again while it is sound. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Home, type HomeOptions, home } from "./home.ts";
import { MUTANTS } from "./mutants.ts";
import { POINTS, type Point } from "./points.ts";

type Kind = HomeOptions["kind"];

/** What each lane plays first: a home is worth being used again. On two cores more lanes would only wait for each other. */
const LANES: readonly (readonly Kind[])[] = [
  ["models", "pty", "auto"],
  ["auto", "pty", "models"],
  ["auto", "models", "pty"],
];

export interface Walk {
  point: Point;
  kind: Kind;
  /** Every rule that was broken and everything that was left; none when it went well. */
  found: Promise<string[]>;
}

export interface WalkOptions {
  points: readonly Point[];
  installation: string;
  env?: Readonly<Record<string, string>>;
  patienceMs?: number;
}

/** Begins at once; `over` gives what the homes themselves had to say once everything was played in them. */
export function walk({ points, ...how }: WalkOptions): { walks: readonly Walk[]; over: Promise<string[]> } {
  const tasks = points.flatMap((point) => kindsOf(point).map((kind) => ({ point, kind, ...deferred<string[]>() })));
  const queue = [...tasks];
  const take = (kinds: readonly Kind[]) => {
    const at = kinds.map((kind) => queue.findIndex((task) => task.kind === kind)).find((found) => found >= 0);
    return at === undefined ? undefined : queue.splice(at, 1)[0];
  };
  async function lane(kinds: readonly Kind[]): Promise<string[]> {
    const said: string[] = [];
    let now: { home: Home; kind: Kind } | undefined;
    const leave = async (): Promise<void> => {
      said.push(...((await now?.home.close()) ?? []));
      now = undefined;
    };
    for (let task = take(kinds); task; task = take(kinds)) {
      try {
        if (now?.kind !== task.kind) await leave();
        now ??= { home: await home({ kind: task.kind, ...how }), kind: task.kind };
        const found = await dieAt(now.home, task.point);
        if (found.length > 0) await leave();
        task.resolve(found);
      } catch (error) {
        task.resolve([String(error)]);
        await leave();
      }
    }
    await leave();
    return said;
  }
  const over = Promise.all(LANES.map(lane)).then((all) => all.flat());
  return { walks: tasks.map(({ point, kind, promise }) => ({ point, kind, found: promise })), over };
}

const kindsOf = ({ story, pty }: Point): readonly Kind[] =>
  story === "paid" ? ["models"] : pty ? ["auto", "pty"] : ["auto"];

/** What is found after a run whose daemon died at a point; that it did not die there is something to find, too. */
async function dieAt({ folder, play }: Home, { at, nth = 1, again, story }: Point): Promise<string[]> {
  const [armed, died] = [join(folder, "armed"), join(folder, "died")];
  const wanted = [`${nth} ${at}`, ...(again === undefined ? [] : [`1 ${again}`])];
  rmSync(died, { force: true });
  writeFileSync(armed, wanted.join("\n"));
  const { found, played } = await play(story);
  const reached = existsSync(died) ? readFileSync(died, "utf8").trim().split("\n") : [];
  rmSync(armed, { force: true });
  return [
    ...wanted.filter((point) => !reached.includes(point)).map((point) => `the daemon never came to: ${point}`),
    ...(played.deaths === wanted.length ? [] : [`the daemon died ${played.deaths} times`]),
    ...found,
  ];
}

/** A mutant is noticed soon, or never. */
const MUTANT_PATIENCE_MS = 15_000;

/** What the matrix has to say of each devflow that was broken on purpose. */
export function walkMutants(installation: string): { name: string; sign: RegExp; found: Promise<string[]> }[] {
  let before: Promise<unknown> = Promise.resolve();
  return MUTANTS.map(({ name, sign, shownAt }) => {
    const points = POINTS.flatMap(({ pty: _, ...point }) => (point.name === shownAt ? [point] : []));
    const found = before.then(async () => {
      const how = { env: { DEVFLOW_MUTANT: name }, patienceMs: MUTANT_PATIENCE_MS };
      const { walks, over } = walk({ points, installation, ...how });
      await over;
      return (await Promise.all(walks.map((each) => each.found))).flat();
    });
    before = found;
    return { name, sign, found };
  });
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
