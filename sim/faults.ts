/**
 * What goes wrong, and where. Every point at which something can go wrong has a name of its own (`append#12`), and the dice
 * decide there by that name; so a schedule of faults is a set of names, and any part of it can be played again.
 */
import type { Dice } from "./dice.ts";

export interface Fault<K extends string = string> {
  point: string;
  kind: K;
  /** How bad, in [0, 1). */
  size: number;
}

export interface Faults {
  /** Passes the next point of this name: what goes wrong there, if anything, by the likelihood of each kind. */
  at<K extends string>(name: string, kinds: Readonly<Record<K, number>>): Fault<K> | undefined;
  /** From now on nothing goes wrong. */
  calm(): void;
  readonly stormy: boolean;
  readonly struck: readonly Fault[];
}

export interface FaultOptions {
  dice: Dice;
  /** How often things go wrong: 0 never, 1 as the tables say. */
  intensity: number;
  /** Only these points, of all those that the dice would strike. */
  only?: ReadonlySet<string> | undefined;
  /** Hears of each fault as it strikes. */
  told(fault: Fault): void;
}

export function faults({ dice, intensity, only, told }: FaultOptions): Faults {
  const passed = new Map<string, number>();
  const struck: Fault[] = [];

  const here: Faults & { stormy: boolean } = {
    at(name, kinds) {
      if (!here.stormy) return undefined;
      const nth = (passed.get(name) ?? 0) + 1;
      passed.set(name, nth);
      const point = `${name}#${nth}`;
      if (only && !only.has(point)) return undefined;
      const kind = drawn(kinds, dice.of(point) / intensity);
      if (kind === undefined) return undefined;
      const fault = { point, kind, size: dice.of(`${point}/size`) };
      struck.push(fault);
      told(fault);
      return fault;
    },
    calm: () => {
      here.stormy = false;
    },
    stormy: true,
    struck,
  };
  return here;
}

function drawn<K extends string>(kinds: Readonly<Record<K, number>>, number: number): K | undefined {
  let sum = 0;
  for (const kind in kinds) {
    sum += kinds[kind];
    if (number < sum) return kind;
  }
  return undefined;
}
