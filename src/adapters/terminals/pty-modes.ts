/**
 * What a program has switched on in its terminal, followed so that it is known even when the output that said so is no longer
 * kept: DEC private modes and the title.
 */
import { sequenceCutter } from "../../domain/terminal-sequence.ts";

/** Modes worth setting again on a fresh screen. Order counts: the alternate screen comes first. */
const KEPT_MODES = [1049, 1047, 47, 1, 7, 25, 1000, 1002, 1003, 1004, 1006, 2004];
/** On until a program says otherwise. */
const ON_AT_START = [7, 25];
const ALTERNATE_SCREENS = [1049, 1047, 47];

export interface TerminalModes {
  feed(bytes: Uint8Array): void;
  readonly bracketedPaste: boolean;
  /** Cursor keys send `ESC O` instead of `ESC [`. */
  readonly applicationCursor: boolean;
  readonly title: string;
  /** The bytes that bring a fresh terminal into this state, into the middle of a sequence if that is where it stands. */
  preamble(): Buffer;
}

export function terminalModes(): TerminalModes {
  const on = new Set(ON_AT_START);
  let title = "";

  const cutter = sequenceCutter({
    sequence(sequence) {
      if (sequence === "\x1bc" || sequence === "\x1b[!p") {
        on.clear();
        for (const mode of ON_AT_START) on.add(mode);
      }
      const named = /^\x1b\][02];(.*?)(?:\x07|\x1b\\)$/s.exec(sequence);
      if (named) title = Buffer.from(named[1] ?? "", "latin1").toString("utf8");
      const switched = /^\x1b\[\?([\d;]+)([hl])$/.exec(sequence);
      for (const mode of switched?.[1]?.split(";").map(Number) ?? []) {
        if (ALTERNATE_SCREENS.includes(mode)) for (const other of ALTERNATE_SCREENS) on.delete(other);
        if (switched?.[2] === "h") on.add(mode);
        else on.delete(mode);
      }
    },
  });

  return {
    feed: cutter.feed,
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
      return Buffer.concat([Buffer.from([...set, ...unset, named].join("")), Buffer.from(cutter.open)]);
    },
  };
}
