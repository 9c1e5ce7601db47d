/**
 * What of an agent's output a person's own terminal may see.
 *
 * Not the queries: the terminal would answer each of them into the agent's input, beside the answer that devflow has given. Not the
 * clipboard either: what an agent prints must not land in it. And nothing that would report or move the person's window.
 */
import { sequenceCutter } from "../../domain/terminal-sequence.ts";

const HIDDEN = [
  // CSI: device attributes and status, window reports, terminal parameters; version, modes and keyboard when asked for.
  /^\x1b\[[?>=]?[\d;]*[cntx]$/,
  /^\x1b\[>[\d;]*q$/,
  /^\x1b\[\?[\d;]*u$/,
  /^\x1b\[.*[$*][pwy]$/,
  // OSC: any value asked for; the clipboard. DCS: settings asked for. APC: pictures, which are answered.
  /^\x1b\].*;\?/s,
  /^\x1b\]52;/,
  /^\x1bP[$+]q/,
  /^\x1b_/,
  /^\x1bZ$/,
];
/** What was heard once must not be heard again when the past is shown. */
const LOUD = [/^\x1b\](?:9|99|777);/];
const ENQ = 0x05;
const BEL = 0x07;

export interface VisibleOutput {
  /** The bytes to show. In the past (`past`) bells and notifications are left out. */
  feed(bytes: Uint8Array, past: boolean): Buffer;
  /** The sequences that put the person's terminal back to where it was. */
  restore(): string;
}

export function visibleOutput(): VisibleOutput {
  const modes = new Set<number>();
  const off = new Set<number>();
  let keyboards = 0;
  let shown: Uint8Array[] = [];
  let quiet = false;

  const follow = (sequence: string) => {
    const switched = /^\x1b\[\?([\d;]+)([hl])$/.exec(sequence);
    for (const mode of switched?.[1]?.split(";").map(Number) ?? []) {
      (switched?.[2] === "h" ? modes : off).add(mode);
      (switched?.[2] === "h" ? off : modes).delete(mode);
    }
    if (/^\x1b\[>\d*u$/.test(sequence)) keyboards++;
    if (/^\x1b\[<\d*u$/.test(sequence)) keyboards = Math.max(0, keyboards - 1);
  };
  const cutter = sequenceCutter({
    text(bytes) {
      const silent = bytes.includes(ENQ) || (quiet && bytes.includes(BEL));
      shown.push(silent ? bytes.filter((byte) => byte !== ENQ && !(quiet && byte === BEL)) : bytes);
    },
    sequence(sequence) {
      if (HIDDEN.some((one) => one.test(sequence)) || (quiet && LOUD.some((one) => one.test(sequence)))) return;
      follow(sequence);
      shown.push(Buffer.from(sequence, "latin1"));
    },
  });
  return {
    feed(bytes, past) {
      shown = [];
      quiet = past;
      cutter.feed(bytes);
      return Buffer.concat(shown);
    },
    restore() {
      // Line wrap and the cursor are on in a terminal that nobody has touched, everything else is off.
      const set = [...modes].filter((mode) => mode !== 7 && mode !== 25).map((mode) => `\x1b[?${mode}l`);
      const unset = [...off].filter((mode) => mode === 7 || mode === 25).map((mode) => `\x1b[?${mode}h`);
      // Unsetting the scroll region moves the cursor, hence kept around it.
      return [keyboards > 0 ? `\x1b[<${keyboards}u` : "", ...set, ...unset, "\x1b7\x1b[r\x1b8\x1b>\x1b[0m"].join("");
    },
  };
}
