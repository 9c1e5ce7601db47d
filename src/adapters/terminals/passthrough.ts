/**
 * Opens the tmux passthrough envelope (`ESC P tmux; … ESC \`, inner ESC doubled) in a stream of terminal bytes.
 *
 * Programs that find themselves in tmux wrap their notifications so. Of what is inside only operating system commands
 * (`ESC ]`) go on, since anything else was meant for another screen than ours. The envelope may be cut anywhere.
 */
const ESC = 0x1b;
const DCS = 0x50;
const OPENING = Buffer.from("\x1bPtmux;");
/** An envelope longer than this is no notification (images travel so): it is dropped whole. */
const ENVELOPE_MAX_BYTES = 64 * 1024;

export interface PassthroughFilter {
  /** The bytes for the emulator. Returns its argument untouched when there is nothing to open. */
  push(bytes: Uint8Array): Uint8Array;
}

/** Whether the opening, or the beginning of one, may be in these bytes: most are full of other sequences. */
function mayOpen(bytes: Uint8Array): boolean {
  // Byte by byte: pieces are small and full of ESC, and each search for the next would cost more than the way to it.
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== ESC) continue;
    const next = bytes[at + 1];
    if (next === undefined || next === DCS) return true;
  }
  return false;
}

export function passthroughFilter(): PassthroughFilter {
  /** How much of the opening has been seen, when a chunk ended inside it. */
  let matched = 0;
  let inside = false;
  let afterEsc = false;
  let inner: number[] = [];

  return {
    push(bytes) {
      if (!inside && matched === 0 && !mayOpen(bytes)) return bytes;
      const out: number[] = [];
      const endMatch = (byte: number) => {
        for (let i = 0; i < matched; i++) out.push(OPENING[i] as number);
        matched = 0;
        if (byte === ESC) matched = 1;
        else out.push(byte);
      };
      for (const byte of bytes) {
        if (!inside) {
          if (byte === OPENING[matched]) {
            matched++;
            if (matched === OPENING.length) {
              inside = true;
              matched = 0;
              inner = [];
              afterEsc = false;
            }
          } else if (matched > 0) endMatch(byte);
          else out.push(byte);
          continue;
        }
        if (afterEsc) {
          afterEsc = false;
          if (byte === ESC) {
            if (inner.length < ENVELOPE_MAX_BYTES) inner.push(ESC);
            continue;
          }
          inside = false;
          if (byte !== 0x5c) {
            // Not a terminator: the envelope was broken off, and a new sequence begins here.
            out.push(ESC, byte);
            continue;
          }
          if (inner[0] === ESC && inner[1] === 0x5d && inner.length < ENVELOPE_MAX_BYTES)
            for (const b of inner) out.push(b);
        } else if (byte === ESC) afterEsc = true;
        else if (inner.length < ENVELOPE_MAX_BYTES) inner.push(byte);
      }
      return Uint8Array.from(out);
    },
  };
}
