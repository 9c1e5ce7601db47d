/**
 * A person's live view of a pty terminal: its screen and what is typed at it, over the holder's socket.
 *
 * Part of the thin client: nothing but Node's own modules. The daemon goes on watching meanwhile; it is not asked.
 */
import { connect } from "node:net";
import type { ReadStream, WriteStream } from "node:tty";
import {
  type ClientFrame,
  encodeFrame,
  type FrameExit,
  holderFrame,
  lineSplitter,
} from "../../domain/terminal-frame.ts";
import { detachKey } from "./detach-key.ts";
import { visibleOutput } from "./visible-output.ts";

const CLEAR = "\x1b[H\x1b[2J";
/** Puts the window's title aside and back, for terminals that can. */
const KEEP_TITLE = "\x1b[22;2t";
const RESTORE_TITLE = "\x1b[23;2t";
/** Plain, and by the kitty keyboard protocol. */
const CTRL_C = /\x03|\x1b\[99;5(?::1)?u/;
/** For a window that does not know its size. */
const DEFAULT_SIZE = { cols: 80, rows: 24 };

export type ViewEnd = { end: "detached" } | { end: "ended"; exit: FrameExit } | { end: "lost" };

export interface ViewOptions {
  socket: string;
  /** Shows only: nothing typed reaches the program, and its size stays. Ctrl-C leaves as well. */
  readOnly: boolean;
  input: ReadStream;
  output: WriteStream;
  /** Said before the view begins: what this is and how to leave it (`DETACH_KEY`). */
  greeting: string;
}

/** Resolves once the view is over and the person's terminal is as it was. */
export async function viewTerminal({ socket: path, readOnly, input, output, greeting }: ViewOptions): Promise<ViewEnd> {
  const socket = connect(path);
  const visible = visibleOutput();
  const key = detachKey();
  const send = (frame: ClientFrame) => socket.write(encodeFrame(frame));
  const size = () => ({ cols: output.columns || DEFAULT_SIZE.cols, rows: output.rows || DEFAULT_SIZE.rows });
  /** Output before this was there before us. */
  let pastTo = 0;
  let position = 0;
  let asked = 0;

  return new Promise<ViewEnd>((resolve) => {
    const show = (bytes: Uint8Array) => {
      if (output.write(visible.feed(bytes, position <= pastTo))) return;
      socket.pause();
      output.once("drain", () => socket.resume());
    };
    const onLine = lineSplitter((line) => {
      const frame = holderFrame(line);
      if (frame.t === "welcome") {
        pastTo = frame.to;
        position = frame.from;
        show(Buffer.from(CLEAR));
        show(Buffer.from(frame.preamble, "base64"));
      } else if (frame.t === "output") {
        const bytes = Buffer.from(frame.data, "base64");
        position = frame.at + bytes.length;
        show(bytes);
      } else if (frame.t === "gap") show(Buffer.from(frame.preamble, "base64"));
      else if (frame.t === "exit") leave({ end: "ended", exit: frame.exit });
    });
    const onInput = (typed: Buffer) => {
      const pass = key.feed(typed.toString("latin1"));
      if (pass === "detach" || (readOnly && CTRL_C.test(pass))) leave({ end: "detached" });
      else if (pass !== "" && !readOnly) send({ t: "input", data: Buffer.from(pass, "latin1").toString("base64") });
    };
    const onResize = () => readOnly || send({ t: "resize", id: ++asked, ...size() });
    const onSignal = () => leave({ end: "detached" });

    let entered = false;
    const enter = () => {
      entered = true;
      output.write(`${greeting}\r\n${KEEP_TITLE}`);
      if (input.isTTY) input.setRawMode(true);
      input.on("data", onInput);
      input.on("end", onSignal);
      output.on("resize", onResize);
      for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
      input.resume();
      send({ t: "hello", role: "viewer", from: 0, readOnly, ...size() });
    };
    let left = false;
    const leave = (end: ViewEnd) => {
      if (left) return;
      left = true;
      socket.destroy();
      if (!entered) return resolve(end);
      input.off("data", onInput);
      input.off("end", onSignal);
      output.off("resize", onResize);
      for (const signal of ["SIGTERM", "SIGHUP"] as const) process.off(signal, onSignal);
      if (input.isTTY) input.setRawMode(false);
      input.pause();
      // From the start of a line of its own, whatever was on the screen.
      output.write(`${visible.restore()}${RESTORE_TITLE}\r\n`, () => resolve(end));
    };

    socket.setEncoding("utf8").on("data", onLine);
    socket.on("connect", enter);
    socket.on("error", () => leave({ end: "lost" }));
    socket.on("close", () => leave({ end: "lost" }));
  });
}
