/** One line of `npm run bench`: a ratio measured in this run, the bar it must reach, and what it was made from. */

export interface Figure {
  figure: string;
  value: number;
  bar: string;
  ok: boolean;
  detail: string;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
