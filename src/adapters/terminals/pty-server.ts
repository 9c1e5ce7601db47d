/** The holder's socket: whole frames from each connection; a connection that sends anything else is dropped. */
import { createServer, type Server, type Socket } from "node:net";
import { type ClientFrame, clientFrame, lineSplitter } from "../../domain/terminal-frame.ts";

export interface FrameServerOptions {
  onFrame(socket: Socket, frame: ClientFrame): void;
  onGone(socket: Socket): void;
}

export function frameServer({ onFrame, onGone }: FrameServerOptions): Server {
  return createServer((socket) => {
    const split = lineSplitter((line) => {
      const frame = clientFrame(line);
      if (frame === undefined) socket.destroy(new Error("a line that is no frame"));
      else if (!socket.destroyed) onFrame(socket, frame);
    });
    socket.setEncoding("utf8").on("data", (text: string) => {
      try {
        split(text);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on("error", (error) => console.error(`a client was dropped: ${error.message}`));
    socket.on("close", () => onGone(socket));
  });
}
