/** One connection to a holder, as the holder sees it: output at the client's own pace, in order with what happened between. */
import type { Socket } from "node:net";
import { encodeFrame, type HolderFrame } from "../../domain/terminal-frame.ts";
import type { OutputLog } from "./pty-output.ts";

/** One frame's output: large enough to be cheap, small enough that an answer is not held up behind it. */
const FRAME_BYTES = 32 * 1024;
/** What may wait in the socket for a client that reads slowly; the rest waits in the log. */
const SOCKET_BYTES = 256 * 1024;

export interface HolderClient {
  /** Position of the next byte to send. */
  readonly position: number;
  /** Sends at once, ahead of output that waits: answers. */
  send(frame: HolderFrame): void;
  /** Sends after the output up to now: what happened at this place of the stream (F2). */
  mark(frame: HolderFrame): void;
  /** Sends what there is to send and the socket takes. */
  pump(): void;
}

export function holderClient(socket: Socket, log: OutputLog, from: number, preamble: () => string): HolderClient {
  let position = from;
  const marks: { at: number; frame: HolderFrame }[] = [];
  const send = (frame: HolderFrame) => {
    if (!socket.destroyed) socket.write(encodeFrame(frame));
  };
  const pump = () => {
    if (socket.destroyed) return;
    if (position < log.start) {
      send({ t: "gap", from: position, to: log.start, preamble: preamble() });
      position = log.start;
    }
    for (;;) {
      for (let mark = marks[0]; mark !== undefined && mark.at <= position; mark = marks[0]) {
        send(mark.frame);
        marks.shift();
      }
      const until = marks[0]?.at ?? log.end;
      if (position >= until || socket.writableLength >= SOCKET_BYTES) return;
      const bytes = log.read(position, Math.min(FRAME_BYTES, until - position));
      send({ t: "output", at: position, data: bytes.toString("base64") });
      position += bytes.length;
    }
  };
  socket.on("drain", pump);
  return {
    get position() {
      return position;
    },
    send,
    mark(frame) {
      marks.push({ at: log.end, frame });
      pump();
    },
    pump,
  };
}
