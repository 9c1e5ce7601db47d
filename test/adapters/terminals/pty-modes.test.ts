/** What is kept of a pty's output, and of the state that dropped output has set. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalModes } from "../../../src/adapters/terminals/pty-modes.ts";
import { outputLog } from "../../../src/adapters/terminals/pty-output.ts";

const PIECES = [
  "text 한글",
  "\x1b[?2004h",
  "\x1b[?1049h",
  "\x1b[?1;25l",
  "\x1b]0;제목 하나\x07",
  "\x1b]2;둘\x1b\\",
  "\x1b[38;5;1m",
  "\x1bPq#0\x1b\\",
  "\x1b(B",
  "\x1b[?1049l",
  "\x1bc",
  "\x1b[?20\x18",
];
const output = fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }).map((pieces) => Buffer.from(pieces.join("")));
const stateOf = (...chunks: Uint8Array[]) => {
  const modes = terminalModes();
  for (const chunk of chunks) modes.feed(chunk);
  return [modes.bracketedPaste, modes.applicationCursor, modes.title, modes.preamble().toString()];
};

test("modes and title are the same wherever the output was cut", () => {
  fc.assert(
    fc.property(output, fc.array(fc.nat(300)), (bytes, cuts) => {
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(stateOf(...chunks)).toEqual(stateOf(bytes));
    }),
  );
});

test("the preamble and the output that is kept make the same state as all output, in the middle of a sequence too", () => {
  fc.assert(
    fc.property(output, fc.nat(300), (bytes, place) => {
      const before = terminalModes();
      before.feed(bytes.subarray(0, place));
      expect(stateOf(before.preamble(), bytes.subarray(place))).toEqual(stateOf(bytes));
    }),
  );
});

test("the log gives back exactly the last bytes by position, and hands over in order what it drops", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(), (chunks, place) => {
      const dropped: Uint8Array[] = [];
      const log = outputLog((bytes) => dropped.push(bytes), 16);
      for (const chunk of chunks) log.append(chunk);
      const all = Buffer.concat(chunks);
      expect([log.start, log.end]).toEqual([Math.max(0, all.length - 16), all.length]);
      expect(Buffer.concat(dropped)).toEqual(all.subarray(0, log.start));
      const from = log.start + (place % (log.end - log.start + 1));
      expect(log.read(from, 5)).toEqual(all.subarray(from, from + 5));
      expect(() => log.read(log.end + 1, 1)).toThrow(RangeError);
    }),
  );
});
