/** The daemon's connection to a holder: frames out and in, answers matched to their questions. */
import { connect } from "node:net";
import {
  type AnswerFrame,
  type AskFrame,
  type ClientFrame,
  encodeFrame,
  type HolderFrame,
  holderFrame,
  lineSplitter,
} from "../../domain/terminal-frame.ts";

type WithoutId<Frame> = Frame extends unknown ? Omit<Frame, "id"> : never;
export type Question = WithoutId<AskFrame>;

export interface HolderLink {
  /** Settles when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  send(frame: ClientFrame): void;
  /** The answer, or `undefined` when the connection ended before it came: then nobody knows whether it was asked. */
  ask(question: Question): Promise<AnswerFrame | undefined>;
  close(): void;
}

/** Connects and says hello as the daemon that goes on at `from`; `undefined` when no holder listens there. */
export function linkHolder(
  path: string,
  from: number,
  onFrame: (frame: HolderFrame) => void,
): Promise<HolderLink | undefined> {
  const socket = connect(path);
  const waiting = new Map<number, (answer: AnswerFrame | undefined) => void>();
  let asked = 0;
  const split = lineSplitter((line) => {
    const frame = holderFrame(line);
    if (frame.t !== "answer") return onFrame(frame);
    waiting.get(frame.id)?.(frame);
    waiting.delete(frame.id);
  });
  const send = (frame: ClientFrame) => {
    if (!socket.destroyed) socket.write(encodeFrame(frame));
  };
  const ended = new Promise<void>((resolve) =>
    socket.on("close", () => {
      for (const answer of waiting.values()) answer(undefined);
      waiting.clear();
      resolve();
    }),
  );
  const link: HolderLink = {
    ended,
    send,
    ask: (question) =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve(undefined);
        const id = ++asked;
        waiting.set(id, resolve);
        send({ ...question, id } as AskFrame);
      }),
    close: () => socket.destroy(),
  };
  return new Promise((resolve) => {
    socket.setEncoding("utf8").on("data", split);
    // `close` follows every error and is what counts; before the connection stands it means that nobody is there.
    socket.on("error", () => resolve(undefined));
    socket.on("connect", () => {
      send({ t: "hello", role: "daemon", from });
      resolve(link);
    });
  });
}
