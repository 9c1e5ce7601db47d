/** Bars and sparklines out of block characters, for terminals; a pipe gets the numbers alone. */

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const HEIGHTS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A part of `most`, in at most `width` columns. What is there at all can be seen. */
export function bar(value: number, most: number, width: number): string {
  if (value <= 0 || most <= 0 || width < 1) return "";
  const eighths = Math.min(width * 8, Math.max(1, Math.round((value / most) * width * 8)));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

/** One character a value; nothing is a dot, so that it is not taken for little. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 0);
  return values
    .map((value) => (value <= 0 ? "·" : (HEIGHTS[Math.min(7, Math.floor((value / most) * 8))] ?? "█")))
    .join("");
}
