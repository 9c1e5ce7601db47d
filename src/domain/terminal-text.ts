/**
 * What a terminal's output says, with the way back: its readable characters and where in the output each of them stands.
 *
 * V1. Colours, modes and other sequences that move nothing are not there: a word that they cut is one word.
 * V2. A sequence that moves the cursor ends a word, like a line's end.
 * V3. Strings for the terminal (titles, links, clipboards) are told apart, whole.
 */

export interface TerminalText {
  plain: string;
  /** For each character of `plain` its place in the output; -1 for one that stands for a movement. */
  places: Int32Array;
  /** The contents of strings for the terminal, from and to, in the output. */
  strings: readonly { from: number; to: number }[];
  /** Where a sequence begins that is not yet whole; the output's length when there is none. */
  whole: number;
}

const CSI = "\\u001b\\[[0-?]*[ -/]*(?<final>[@-~])";
const STRING =
  "\\u001b[\\]PX^_](?<string>[^\\u0007\\u001b\\u0018\\u001a]*)(?:\\u0007|\\u001b\\\\|[\\u0018\\u001a]|(?=\\u001b[^\\\\]))";
const SHORT = "\\u001b[ -/]*[0-OQ-WYZ\\\\`-~]";
/** One that no later character can make whole. */
const BROKEN = "\\u001b(?:\\[[0-?]*)?[ -/]*(?=[^ -~])";
const CONTROL = "[\\u0000-\\u0008\\u000b-\\u001a\\u001c-\\u001f\\u007f]";
const SEQUENCE = new RegExp([CSI, STRING, SHORT, BROKEN, CONTROL].join("|"), "y");
/** Final bytes of sequences that stay where they are: colours, modes, reports. */
const STAYS = /[hlmntcqp]/;
/** A sequence that is still open after this much is taken for text: pictures and clipboards are longer, and are no words. */
const LONGEST_SEQUENCE = 64 * 1024;

/** Most of what comes: text, then colours and movements. */
const TEXT = /[^\u0000-\u001f\u007f]+/y;

export function terminalText(output: string): TerminalText {
  const places = new Int32Array(output.length);
  const strings: { from: number; to: number }[] = [];
  let plain = "";
  let whole = output.length;
  const put = (text: string, place: number): void => {
    for (let n = 0; n < text.length; n += 1) places[plain.length + n] = place < 0 ? -1 : place + n;
    plain += text;
  };
  for (let at = 0; at < output.length; ) {
    const code = output.charCodeAt(at);
    if (code >= 0x20 && code !== 0x7f) {
      TEXT.lastIndex = at;
      const text = TEXT.exec(output)?.[0] ?? "";
      put(text, at);
      at += text.length;
      continue;
    }
    if (code === 0x0a || code === 0x0d || code === 0x09) {
      put(code === 0x09 ? "\t" : "\n", -1);
      at += 1;
      continue;
    }
    SEQUENCE.lastIndex = at;
    const found = SEQUENCE.exec(output);
    if (!found) {
      if (output.length - at <= LONGEST_SEQUENCE) {
        whole = at;
        break;
      }
      at += 1;
      continue;
    }
    const [all] = found;
    const { final, string } = found.groups ?? {};
    if (string !== undefined) strings.push({ from: at + 2, to: at + 2 + string.length });
    else if (final !== undefined ? !STAYS.test(final) : code === 0x08 || code === 0x0b || code === 0x0c) put("\n", -1);
    at += all.length;
  }
  return { plain, places: places.subarray(0, plain.length), strings, whole };
}
