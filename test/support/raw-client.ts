/** A client without manners: sends any bytes, and sees what comes back line by line. */
import { connect, type Socket } from "node:net";
import { vi } from "vitest";

export interface RawClient {
  socket: Socket;
  lines: unknown[];
  send(...bytes: (string | Uint8Array)[]): void;
  /** The next `count` lines that have not been taken yet. */
  take(count: number): Promise<unknown[]>;
  closed(): boolean;
}

export async function rawClient(path: string): Promise<RawClient> {
  const socket = connect({ path, allowHalfOpen: true });
  const lines: unknown[] = [];
  let text = "";
  let taken = 0;
  let closed = false;
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (text + chunk).split("\n");
    text = parts.pop() ?? "";
    for (const part of parts) lines.push(JSON.parse(part));
  });
  socket.on("error", () => {});
  socket.once("close", () => {
    closed = true;
  });
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return {
    socket,
    lines,
    send: (...bytes) => {
      for (const part of bytes) socket.write(part);
    },
    async take(count) {
      await vi.waitFor(
        () => lines.length >= taken + count || Promise.reject(new Error(`${lines.length} lines`)),
        10_000,
      );
      taken += count;
      return lines.slice(taken - count, taken);
    },
    closed: () => closed,
  };
}
