/**
 * Cuts what a program sends to its terminal into text and control sequences, wherever the chunks were cut.
 *
 * A sequence is told whole, from its ESC to its last byte (the BEL or ST of a string included). CAN and SUB break one off;
 * one that is longer than the limit (pictures, clipboards) is dropped.
 */

/** No title, mode list, link or notification is longer. */
const SEQUENCE_LIMIT = 4096;

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
/** DCS, SOS, OSC, PM and APC: strings that run up to ST, or BEL. */
const STRING_OPENERS = [0x50, 0x58, 0x5d, 0x5e, 0x5f];

export interface SequenceCutter {
  feed(bytes: Uint8Array): void;
  /** The sequence that is not yet whole: empty between sequences. */
  readonly open: readonly number[];
}

export interface Pieces {
  text?(bytes: Uint8Array): void;
  /** One character a byte. */
  sequence(sequence: string): void;
}

export function sequenceCutter({ text, sequence }: Pieces): SequenceCutter {
  let place: "text" | "escape" | "csi" | "string" | "stringEscape" = "text";
  let open: number[] = [];
  let tooLong = false;

  const begin = () => {
    open = [ESC];
    tooLong = false;
    place = "escape";
  };
  const close = () => {
    open = [];
    place = "text";
  };
  const keep = (byte: number) => {
    if (open.length < SEQUENCE_LIMIT) open.push(byte);
    else tooLong = true;
  };
  const finish = (byte: number) => {
    keep(byte);
    const whole = tooLong ? undefined : String.fromCharCode(...open);
    close();
    if (whole !== undefined) sequence(whole);
  };

  const take = (byte: number) => {
    if (byte === CAN || byte === SUB) return close();
    switch (place) {
      case "escape":
        if (byte === ESC) return begin();
        if (open.length === 1 && byte === 0x5b) place = "csi";
        else if (open.length === 1 && STRING_OPENERS.includes(byte)) place = "string";
        else if (byte >= 0x30) return finish(byte);
        return keep(byte);
      case "csi":
        if (byte === ESC) return begin();
        if (byte >= 0x40) return finish(byte);
        // The control characters that may stand inside a sequence act by themselves.
        return byte < 0x20 ? text?.(Uint8Array.of(byte)) : keep(byte);
      case "string":
        if (byte === BEL) return finish(byte);
        if (byte === ESC) place = "stringEscape";
        return keep(byte);
      case "stringEscape":
        if (byte === 0x5c) return finish(byte);
        // Not the end of the string but another sequence: the string was broken off.
        begin();
        return take(byte);
    }
  };

  return {
    feed(bytes) {
      for (let index = 0; index < bytes.length; ) {
        if (place !== "text") {
          take(bytes[index++] ?? 0);
          continue;
        }
        const next = bytes.indexOf(ESC, index);
        const end = next < 0 ? bytes.length : next;
        if (end > index) text?.(bytes.subarray(index, end));
        if (next >= 0) begin();
        index = end + 1;
      }
    },
    get open() {
      return open;
    },
  };
}
