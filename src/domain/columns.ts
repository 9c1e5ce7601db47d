/** How wide text is in a terminal: Korean, Chinese, Japanese and emoji take two columns, marks none. */

export const padded = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - columnsOf(text)));

const PLAIN = /^[\u0020-\u007e]*$/;

/** How many columns a terminal gives to this text. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const cluster of clusters(text)) columns += clusterColumns(cluster);
  return columns;
}

// Made when first needed: most tables are plain ASCII, and the segmenter takes longer to make than such a table.
let segmenter: Intl.Segmenter | undefined;
export function* clusters(text: string): Iterable<string> {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}|\ufe0f/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

export const clusterColumns = (cluster: string): number => (ZERO.test(cluster) ? 0 : WIDE.test(cluster) ? 2 : 1);
