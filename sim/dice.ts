/**
 * Dice that remember nothing: what is thrown under a name depends on the seed and the name alone. So leaving one throw out
 * changes no other, which is what makes a failing simulation small.
 */

export interface Dice {
  /** In [0, 1). */
  of(name: string): number;
  /** A whole number from 0 to `sides` - 1. */
  pick(name: string, sides: number): number;
}

export function dice(seed: string): Dice {
  const start = mixed(FNV_BASIS, `${seed}/`);
  const of = (name: string): number => spread(mixed(start, name)) / 2 ** 32;
  return { of, pick: (name, sides) => Math.floor(of(name) * sides) };
}

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

function mixed(from: number, text: string): number {
  let hash = from;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return hash;
}

/** Similar names must not be similar numbers. */
function spread(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
