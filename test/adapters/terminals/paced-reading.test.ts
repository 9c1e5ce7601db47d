/** The stream of all terminals' output is read in portions while much comes by it, and nothing of it is lost or late for long. */
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { paced, readAtOnce } from "../../../src/adapters/terminals/paced-reading.ts";

/** As a pipe of the system: what comes gathers in it until somebody reads, and is had in one piece. */
function pipe() {
  let gathered = "";
  let wanted = false;
  const give = () => {
    if (!wanted || gathered === "") return;
    const all = gathered;
    gathered = "";
    wanted = stream.push(Buffer.from(all));
  };
  const stream = Object.assign(
    new Readable({
      read() {
        wanted = true;
        setImmediate(give);
      },
    }),
    {
      arrive(text: string) {
        gathered += text;
        give();
      },
    },
  );
  return stream;
}

describe("a stream that is read in portions", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
  afterEach(() => void vi.useRealTimers());

  /** `waits`: somebody waits for an answer. */
  function reading() {
    const state = { waits: false, read: "" };
    const stream = readAtOnce(pipe);
    const pace = paced(stream, () => !state.waits);
    stream.on("data", (bytes: Buffer) => {
      state.read += bytes.toString();
      pace.took();
    });
    const say = async (text: string) => {
      stream.arrive(text);
      await new Promise((resolve) => setImmediate(resolve));
    };
    const busy = async () => {
      for (let n = 0; n < 60; n += 1) {
        await say("x");
        vi.advanceTimersByTime(5);
      }
      for (let portions = 0; portions < 3; portions += 1) {
        vi.advanceTimersByTime(25);
        await say(".");
      }
      state.read = "";
    };
    return { stream, pace, state, say, busy };
  }

  it("is read piece by piece as long as little comes", async () => {
    const { say, state } = reading();
    for (const letter of "abcdefghij") {
      await say(letter);
      vi.advanceTimersByTime(100);
    }
    expect(state.read).toBe("abcdefghij");
  });

  it("lets what comes gather once much comes, and takes all of it in order a moment later", async () => {
    const { say, state, busy, stream } = reading();
    await busy();
    for (const letter of "abcdef") await say(letter);
    expect(stream.isPaused()).toBe(true);
    expect(state.read).not.toContain("b");
    vi.advanceTimersByTime(25);
    await say("");
    await say("");
    expect(state.read.replace(".", "")).toBe("abcdef");
  });

  it("is read at once when an answer is waited for", async () => {
    const { say, state, busy, pace } = reading();
    await busy();
    await say("a");
    await say("b");
    state.waits = true;
    pace.now();
    await say("c");
    await say("d");
    expect(state.read.replace(".", "")).toBe("abcd");
  });

  it("is read to its end for whoever wants to know what has come by now", async () => {
    const { say, state, busy, pace } = reading();
    await busy();
    for (const letter of "abcd") await say(letter);
    await pace.gathered();
    expect(state.read.replace(".", "")).toBe("abcd");
    expect(reading().pace.gathered()).toBeUndefined();
  });

  it("stays held while somebody holds it, whatever time passes", async () => {
    const { say, state, busy, pace } = reading();
    await busy();
    pace.hold(true);
    await say("a");
    vi.advanceTimersByTime(1_000);
    pace.now();
    await say("b");
    expect(state.read).toBe("");
    pace.hold(false);
    await say("c");
    vi.advanceTimersByTime(25);
    await say("");
    await say("");
    expect(state.read.replace(".", "")).toBe("abc");
  });
});
