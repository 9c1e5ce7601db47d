import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encode, type Frame, frameDecoder, readAnswer, readRequest } from "../../src/protocol/frame.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const values = (frames: readonly Frame[]) => frames.map((frame) => (frame.kind === "bad" ? frame.why : frame.value));

describe("frames", () => {
  it("come out whole however the bytes are cut", () => {
    const messages = fc.array(fc.record({ method: fc.string({ unit: "binary" }), n: fc.integer() }), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(40), { minLength: 1 }), (sent, sizes) => {
        const wire = bytes(sent.map((message) => encode(message)).join(""));
        const decode = frameDecoder(10_000);
        const seen: Frame[] = [];
        for (let at = 0, turn = 0; at < wire.length; turn += 1) {
          const size = (sizes[turn % sizes.length] ?? 0) + 1;
          seen.push(...decode(wire.subarray(at, at + size)));
          at += size;
        }
        expect(values(seen)).toEqual(JSON.parse(JSON.stringify(sent)));
      }),
    );
  });

  it("end at a line feed only: line and paragraph separators are text, CR LF is taken too", () => {
    const text = "a\u2028b\u2029c\u0085d";
    expect(values(frameDecoder(1_000)(bytes(`${JSON.stringify({ text })}\r\n`)))).toEqual([{ text }]);
  });

  it("skip empty lines", () => {
    expect(values(frameDecoder(100)(bytes("\n\r\n  \n1\n")))).toEqual([1]);
  });

  it("that are no JSON, no UTF-8 or cut off spoil only themselves", () => {
    const decode = frameDecoder(1_000);
    const broken = new Uint8Array([0x22, 0xff, 0xc3, 0x22, 10]);
    expect(values([...decode(bytes("{oops\n")), ...decode(broken), ...decode(bytes('{"a":1\n7\n'))])).toEqual([
      "syntax",
      "syntax",
      "syntax",
      7,
    ]);
  });

  it("nested half a million deep are read without an end of the stack", () => {
    const depth = 500_000;
    const [frame] = frameDecoder(2_000_000)(bytes(`${"[".repeat(depth)}${"]".repeat(depth)}\n`));
    expect(frame?.kind).toBe("message");
  });

  it("at the limit pass; over it they are refused once, as soon as that is known, and the next one is read", () => {
    const decode = frameDecoder(10);
    expect(values(decode(bytes('"12345678"\n')))).toEqual(["12345678"]);
    expect(values(decode(bytes('"123456789"\n')))).toEqual(["too_large"]);
    expect(values(decode(bytes("xxxxxxxx")))).toEqual([]);
    expect(values(decode(bytes("xxxxxxxx")))).toEqual(["too_large"]);
    expect(values(decode(bytes("xxxxxxxxxxxxxxxx")))).toEqual([]);
    expect(values(decode(bytes("xx\n42\n")))).toEqual([42]);
  });
});

describe("a request", () => {
  it("has version 2.0, a method and an id of a plain kind", () => {
    expect(readRequest({ jsonrpc: "2.0", id: 1, method: "a" })).toEqual({ id: 1, method: "a", params: {} });
    expect(readRequest({ jsonrpc: "2.0", method: "a", params: { b: 1 } })).toEqual({ method: "a", params: { b: 1 } });
    expect(readRequest({ id: 1, method: "a" })).toEqual({ problem: 'jsonrpc must be "2.0"', id: 1 });
    expect(readRequest({ jsonrpc: "2.0", id: [1], method: "a" })).toMatchObject({ id: null });
    expect(readRequest({ jsonrpc: "2.0", id: "x", method: 5 })).toEqual({
      problem: "method must be a string",
      id: "x",
    });
    expect(readRequest({ jsonrpc: "2.0", id: "x", method: "a", params: 5 })).toMatchObject({ id: "x" });
    for (const value of [null, 1, "x", true]) expect(readRequest(value)).toMatchObject({ id: null });
  });
});

describe("an answer", () => {
  it("is a result, an error or a notice; anything else is none of them", () => {
    expect(readAnswer({ jsonrpc: "2.0", id: 1, result: null })).toEqual({ id: 1, result: null });
    expect(readAnswer({ jsonrpc: "2.0", id: 1, error: { code: 1 } })).toEqual({ id: 1, error: { code: 1 } });
    expect(readAnswer({ jsonrpc: "2.0", method: "m", params: 1 })).toEqual({ method: "m", params: 1 });
    for (const value of [null, [], 1, {}]) expect(readAnswer(value)).toBeUndefined();
  });
});
