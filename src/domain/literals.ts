/**
 * Finds many literal strings in a text in one pass, most of it unread: Wu and Manber's table of shifts.
 *
 * Of every stretch as long as the shortest literal only the last few characters are looked at; where they end no literal the
 * search moves on by as much as it may. So texts in which there is nothing to find cost a fraction of a pass.
 */

export interface Found {
  at: number;
  /** Of the literal that begins there; of several the longest. */
  index: number;
}

export interface LiteralFinder {
  /** The first place at or behind `from` where a literal begins. */
  next(text: string, from: number): Found | undefined;
}

interface Options {
  /** Letters match in either case; what else differs from a literal in that one bit may be found too, and is looked at by the caller. */
  fold?: boolean;
}

const TABLE = 1 << 15;
const MASK = TABLE - 1;
/** Above this length three characters tell more than two, and there is room for them. */
const THREE_FROM = 5;
const NONE: readonly number[] = [];

export function literalFinder(literals: readonly string[], { fold = false }: Options = {}): LiteralFinder {
  const shortest = Math.min(...literals.map(({ length }) => length));
  if (literals.length === 0 || shortest < 2) return { next: () => undefined };
  const bit = fold ? 0x20 : 0;
  const three = shortest >= THREE_FROM;
  const block = three ? 3 : 2;
  const hash = (text: string, end: number): number => {
    const last = ((text.charCodeAt(end - 1) | bit) << 5) ^ (text.charCodeAt(end) | bit);
    return (three ? last ^ ((text.charCodeAt(end - 2) | bit) << 10) : last) & MASK;
  };
  const shifts = new Uint8Array(TABLE).fill(Math.min(255, shortest - block + 1));
  const ends = new Map<number, number[]>();
  const longestFirst = literals.map((_, index) => index).sort((a, b) => length(literals[b]) - length(literals[a]));
  for (const index of longestFirst) {
    const literal = literals[index] ?? "";
    for (let end = block - 1; end < shortest; end += 1) {
      const key = hash(literal, end);
      const shift = shortest - 1 - end;
      shifts[key] = Math.min(shifts[key] ?? shift, shift);
      if (shift === 0) ends.set(key, [...(ends.get(key) ?? []), index]);
    }
  }
  const begins = (text: string, at: number, index: number): boolean => {
    const literal = literals[index] ?? "";
    if (!fold) return text.startsWith(literal, at);
    for (let n = 0; n < literal.length; n += 1)
      if ((text.charCodeAt(at + n) | bit) !== (literal.charCodeAt(n) | bit)) return false;
    return true;
  };

  return {
    next(text, from) {
      for (let end = from + shortest - 1; end < text.length; ) {
        const key = hash(text, end);
        const shift = shifts[key] ?? 1;
        if (shift > 0) {
          end += shift;
          continue;
        }
        const at = end - shortest + 1;
        for (const index of ends.get(key) ?? NONE) if (begins(text, at, index)) return { at, index };
        end += 1;
      }
      return undefined;
    },
  };
}

const length = (text: string | undefined): number => text?.length ?? 0;
