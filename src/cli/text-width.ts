/** Text laid into terminal columns: what `table.ts` measures, padded, cut and wrapped for views that are not tables. */
import { columnsOf, cut, padded } from "./table.ts";

export { wrap, wrapWords } from "./wrap.ts";

export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - columnsOf(text))) + text;

/** Exactly `columns` wide. Not for coloured text. */
export const cell = (text: string, columns: number): string => (columns < 1 ? "" : padded(cut(text, columns), columns));
