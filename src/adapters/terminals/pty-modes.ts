/**
 * What a program has switched on in its terminal, followed byte by byte so that it is known even when the output that said
 * so is no longer kept: DEC private modes and the title.
 *
 * Only `CSI ? … h|l`, `CSI ! p`, `ESC c` and `OSC 0|2` are understood; every other sequence is skipped whole. A sequence may
 * be cut anywhere between two chunks.
 */

/** Modes worth setting again on a fresh screen. Order counts: the alternate screen comes first. */
const KEPT_MODES = [1049, 1047, 47, 1, 7, 25, 1000, 1002, 1003, 1004, 1006, 2004];
/** On until a program says otherwise. */
const ON_AT_START = [7, 25];
const ALTERNATE_SCREENS = [1049, 1047, 47];
/** Longer ones are not titles or mode lists but pictures and clipboards. */
const SEQUENCE_LIMIT = 4096;

export interface TerminalModes {
  feed(bytes: Uint8Array): void;
  readonly bracketedPaste: boolean;
  /** Cursor keys send `ESC O` instead of `ESC [`. */
  readonly applicationCursor: boolean;
  readonly title: string;
  /** The sequences that bring a fresh terminal into this state, up to the middle of a sequence if that is where it stands. */
  preamble(): Buffer;
}

type Place = "text" | "escape" | "csi" | "string" | "stringEscape";

const ESC = 0x1b;
const BEL = 0x07;
/** CAN and SUB break off whatever sequence is open. */
const isCancel = (byte: number) => byte === 0x18 || byte === 0x1a;
/** DCS, SOS, OSC, PM and APC: strings that run up to ST, or BEL. */
const STRING_OPENERS = [0x50, 0x58, 0x5d, 0x5e, 0x5f];

export function terminalModes(): TerminalModes {
  const on = new Set(ON_AT_START);
  let title = "";
  let place: Place = "text";
  /** The open sequence from its ESC on. */
  let sequence: number[] = [];

  const reset = () => {
    on.clear();
    for (const mode of ON_AT_START) on.add(mode);
  };
  const apply = () => {
    const text = Buffer.from(sequence).toString("utf8");
    if (text === "\x1bc" || text === "\x1b[!p") reset();
    const named = /^\x1b\][02];(.*)$/s.exec(text);
    if (named && sequence.length < SEQUENCE_LIMIT) title = named[1] ?? "";
    const switched = /^\x1b\[\?([\d;]+)([hl])$/.exec(text);
    for (const mode of switched?.[1]?.split(";").map(Number) ?? []) {
      if (ALTERNATE_SCREENS.includes(mode)) for (const other of ALTERNATE_SCREENS) on.delete(other);
      if (switched?.[2] === "h") on.add(mode);
      else on.delete(mode);
    }
  };
  const keep = (byte: number) => {
    if (sequence.length < SEQUENCE_LIMIT) sequence.push(byte);
  };
  const open = () => {
    sequence = [ESC];
    place = "escape";
  };
  const close = () => {
    sequence = [];
    place = "text";
  };
  const finish = () => {
    apply();
    close();
  };

  const take: Record<Place, (byte: number) => void> = {
    text: (byte) => byte === ESC && open(),
    escape: (byte) => {
      if (byte === ESC) return open();
      if (isCancel(byte)) return close();
      keep(byte);
      if (byte === 0x5b && sequence.length === 2) place = "csi";
      else if (STRING_OPENERS.includes(byte) && sequence.length === 2) place = "string";
      else if (byte >= 0x30) finish();
    },
    csi: (byte) => {
      if (byte === ESC) return open();
      if (isCancel(byte)) return close();
      if (byte < 0x20) return;
      keep(byte);
      if (byte >= 0x40) finish();
    },
    string: (byte) => {
      if (byte === BEL) finish();
      else if (isCancel(byte)) close();
      else if (byte === ESC) place = "stringEscape";
      else keep(byte);
    },
    stringEscape: (byte) => {
      finish();
      if (byte === 0x5c) return;
      open();
      take.escape(byte);
    },
  };

  return {
    feed(bytes) {
      for (let index = 0; index < bytes.length; index++) {
        // Between sequences nothing but ESC matters: let the machine's own search find it.
        if (place === "text") {
          index = bytes.indexOf(ESC, index);
          if (index < 0) return;
        }
        take[place](bytes[index] ?? 0);
      }
    },
    get bracketedPaste() {
      return on.has(2004);
    },
    get applicationCursor() {
      return on.has(1);
    },
    get title() {
      return title;
    },
    preamble() {
      const set = KEPT_MODES.filter((mode) => on.has(mode) && !ON_AT_START.includes(mode)).map(
        (mode) => `\x1b[?${mode}h`,
      );
      const unset = ON_AT_START.filter((mode) => !on.has(mode)).map((mode) => `\x1b[?${mode}l`);
      const named = title === "" ? "" : `\x1b]2;${title}\x07`;
      const open = place === "stringEscape" ? [...sequence, ESC] : sequence;
      return Buffer.concat([Buffer.from([...set, ...unset, named].join("")), Buffer.from(open)]);
    },
  };
}
