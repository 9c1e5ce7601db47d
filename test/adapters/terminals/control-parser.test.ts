/** The reader of tmux's control mode: byte-exact, wherever the stream is cut, whatever a program prints. */
import { describe, expect, it } from "vitest";
import { type ControlMessage, controlParser } from "../../../src/adapters/terminals/control-parser.ts";

function parse(input: Buffer | string, cuts: readonly number[] = []): ControlMessage[] {
  const bytes = Buffer.from(input);
  const messages: ControlMessage[] = [];
  const push = controlParser((message) => messages.push(message));
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    push(bytes.subarray(from, cut));
    from = cut;
  }
  return messages;
}
const output = (pane: string, text: string) => ({ type: "output", pane, bytes: Buffer.from(text) });

describe("the control-mode reader", () => {
  const stream = [
    "%begin 1 2 0",
    "%end 1 2 0",
    "%session-changed $0 devflow",
    "%output %3 a\\033[1m\\134n 한\\015\\012",
    "%extended-output %12 1500 : x : y",
    "%begin 5 7 1",
    "%output %3 is only text here",
    "%end 5 6 1",
    "",
    "%end 5 7 1",
    "%begin 5 8 1",
    "can't find pane: %9",
    "%error 5 8 1",
    "%pause %3",
    "%exit server exited",
    "",
  ].join("\n");
  const expected = [
    { type: "reply", ok: true, ours: false, lines: [] },
    { type: "notice", name: "session-changed", text: "$0 devflow" },
    output("%3", "a\x1b[1m\\n 한\r\n"),
    output("%12", "x : y"),
    {
      type: "reply",
      ok: true,
      ours: true,
      lines: ["%output %3 is only text here", "%end 5 6 1", ""].map((line) => Buffer.from(line)),
    },
    { type: "reply", ok: false, ours: true, lines: [Buffer.from("can't find pane: %9")] },
    { type: "notice", name: "pause", text: "%3" },
    { type: "exit", reason: "server exited" },
  ];

  it("tells output, replies and notices, and takes nothing inside a reply for a record", () => {
    expect(parse(stream)).toEqual(expected);
  });

  it("does not mind where the stream is cut", () => {
    const bytes = Buffer.from(stream);
    for (let cut = 1; cut < bytes.length; cut++) expect(parse(bytes, [cut]), `cut at ${cut}`).toEqual(expected);
    expect(parse(bytes, Array.from(bytes.keys()).slice(1))).toEqual(expected);
  });

  it("gives every byte back", () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const escaped = Array.from(every, (byte) =>
      byte < 0x20 || byte === 0x5c ? Buffer.from(`\\${byte.toString(8).padStart(3, "0")}`) : Buffer.from([byte]),
    );
    const [message] = parse(Buffer.concat([Buffer.from("%output %0 "), ...escaped, Buffer.from("\n")]));
    expect(message).toEqual({ type: "output", pane: "%0", bytes: every });
  });

  it("passes half a character on as the bytes it is", () => {
    const half = Buffer.from("한").subarray(0, 2);
    expect(parse(Buffer.concat([Buffer.from("%output %0 "), half, Buffer.from("\n")]))).toEqual([
      { type: "output", pane: "%0", bytes: half },
    ]);
  });
});
