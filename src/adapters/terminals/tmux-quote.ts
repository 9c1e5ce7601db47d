/** One word of a tmux command line as its parser reads it back: nothing expanded, nothing cut at a line's end. */
export const quote = (text: string): string =>
  `"${text.replace(/[\\"$~]/g, "\\$&").replace(/[\x01-\x1f\x7f]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`)}"`;

/** For options that tmux expands as formats (`#{…}`) besides. */
export const quoteFormat = (text: string): string => quote(text.replaceAll("#", "##"));
