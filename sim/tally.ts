/** What many simulated runs come to: counted by whoever ran them, added up, and said in lines. */
import type { Result } from "./world.ts";

export interface Tally {
  runs: number;
  events: number;
  lives: number;
  faults: number;
  /** How runs have ended, and faults by where and what they were. */
  ends: Record<string, number>;
  kinds: Record<string, number>;
}

export const noTally = (): Tally => ({ runs: 0, events: 0, lives: 0, faults: 0, ends: {}, kinds: {} });

const count = (into: Record<string, number>, names: readonly string[]): void => {
  for (const name of names) into[name] = (into[name] ?? 0) + 1;
};

export function counted(tally: Tally, result: Result): void {
  tally.runs += 1;
  tally.events += result.events;
  tally.lives += result.lives;
  tally.faults += result.kinds.length;
  count(tally.ends, result.ends);
  count(tally.kinds, result.kinds);
}

export function added(to: Tally, more: Tally): void {
  to.runs += more.runs;
  to.events += more.events;
  to.lives += more.lives;
  to.faults += more.faults;
  for (const [name, times] of Object.entries(more.ends)) to.ends[name] = (to.ends[name] ?? 0) + times;
  for (const [name, times] of Object.entries(more.kinds)) to.kinds[name] = (to.kinds[name] ?? 0) + times;
}

export function said({ runs, events, lives, faults, ends, kinds }: Tally): string[] {
  const points = new Map<string, string[]>();
  for (const [name, times] of Object.entries(kinds).sort(([, one], [, other]) => other - one)) {
    const [point = "", ...kind] = name.split(" ");
    points.set(point, [...(points.get(point) ?? []), `${times} ${kind.join(" ")}`]);
  }
  const ended = Object.entries(ends).map(([end, times]) => `${times} ${end}`);
  return [
    `faults, ${faults} in all:`,
    ...[...points].map(([point, all]) => `  ${point.padEnd(11)} ${all.join(", ")}`),
    `${runs} runs simulated: ${events} events, the daemon killed or stopped ${lives - runs} times; they ended ${ended.join(", ")}`,
  ];
}
