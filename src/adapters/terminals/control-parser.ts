/**
 * Reads what a tmux control-mode client (`tmux -C`) prints, as bytes: a character may be cut between two output
 * records, so nothing is decoded here that a program has written.
 */
const LF = 0x0a;
const BACKSLASH = 0x5c;
const OUTPUT = Buffer.from("%output ");
const EXTENDED = Buffer.from("%extended-output ");

export type ControlMessage =
  | { type: "output"; pane: string; bytes: Uint8Array }
  /** What one command has printed, or why it failed. `ours` is false for what the client itself began with. */
  | { type: "reply"; ok: boolean; ours: boolean; lines: Buffer[] }
  | { type: "exit"; reason: string }
  /** Any other notification: its name without the `%`, and what follows. */
  | { type: "notice"; name: string; text: string };

export function controlParser(tell: (message: ControlMessage) => void): (chunk: Buffer) => void {
  let partial: Buffer[] = [];
  let block: { closing: string; ours: boolean; lines: Buffer[] } | undefined;

  const line = (bytes: Buffer) => {
    if (block) {
      // Only the block's own time and number close it: its lines may look like anything.
      const end = bytes[0] === 0x25 ? bytes.toString("latin1") : "";
      if (end === `%end ${block.closing}` || end === `%error ${block.closing}`) {
        const { ours, lines } = block;
        block = undefined;
        tell({ type: "reply", ok: end.startsWith("%end"), ours, lines });
      } else block.lines.push(bytes);
      return;
    }
    if (startsWith(bytes, OUTPUT)) {
      const space = bytes.indexOf(0x20, OUTPUT.length);
      tell({
        type: "output",
        pane: bytes.toString("latin1", OUTPUT.length, space),
        bytes: unescaped(bytes.subarray(space + 1)),
      });
      return;
    }
    if (startsWith(bytes, EXTENDED)) {
      const space = bytes.indexOf(0x20, EXTENDED.length);
      const data = bytes.indexOf(" : ", space) + 3;
      tell({
        type: "output",
        pane: bytes.toString("latin1", EXTENDED.length, space),
        bytes: unescaped(bytes.subarray(data)),
      });
      return;
    }
    const text = bytes.toString("utf8");
    const space = text.indexOf(" ");
    const name = space === -1 ? text : text.slice(0, space);
    const rest = space === -1 ? "" : text.slice(space + 1);
    if (name === "%begin") block = { closing: rest, ours: rest.endsWith(" 1"), lines: [] };
    else if (name === "%exit") tell({ type: "exit", reason: rest });
    else if (name.startsWith("%")) tell({ type: "notice", name: name.slice(1), text: rest });
  };

  return (chunk) => {
    let from = 0;
    for (let to = chunk.indexOf(LF); to !== -1; to = chunk.indexOf(LF, from)) {
      const piece = chunk.subarray(from, to);
      from = to + 1;
      if (partial.length === 0) line(piece);
      else {
        const whole = Buffer.concat([...partial, piece]);
        partial = [];
        line(whole);
      }
    }
    if (from < chunk.length) partial.push(chunk.subarray(from));
  };
}

const startsWith = (bytes: Buffer, prefix: Buffer) =>
  bytes.length >= prefix.length && prefix.compare(bytes, 0, prefix.length) === 0;

/** Undoes `\ooo`, which tmux writes for the backslash and for bytes below a space. Always a copy. */
function unescaped(bytes: Buffer): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  // Byte by byte: a search for the next backslash costs more than the few bytes up to it.
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== BACKSLASH) {
      out[length++] = byte;
      continue;
    }
    out[length++] = (digit(bytes, at + 1) << 6) | (digit(bytes, at + 2) << 3) | digit(bytes, at + 3);
    at += 3;
  }
  return out.subarray(0, length);
}

const digit = (bytes: Buffer, at: number) => (bytes[at] ?? 0x30) - 0x30;
