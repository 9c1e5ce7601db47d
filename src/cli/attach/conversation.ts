/** A line to type at, with what others say scrolling above it. Leaves with Ctrl-C, Ctrl-D at an empty line, or the detach key. */
import { clearScreenDown, createInterface, cursorTo, moveCursor } from "node:readline";
import { PassThrough } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import type { Conversation } from "../terminal.ts";
import { detachKey } from "./detach-key.ts";

export interface ConversationOptions {
  /** Where the person types: a terminal, set to give each key as it comes. */
  input: ReadStream;
  output: WriteStream;
  /** Before what is typed; nothing can be typed without one. */
  prompt: string | undefined;
}

const CTRL_C = "\x03";

export function conversation({ input, output, prompt }: ConversationOptions): Conversation {
  const typed = new PassThrough();
  const key = detachKey();
  const said: string[] = [];
  let wake = () => {};
  let over = false;
  const lines =
    prompt === undefined
      ? undefined
      : createInterface({ input: typed, output, terminal: true, historySize: 0, prompt });

  const leave = () => {
    if (over) return;
    over = true;
    input.off("data", onData);
    input.off("end", leave);
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.off(signal, leave);
    if (input.isTTY) input.setRawMode(false);
    input.pause();
    lines?.close();
    output.write("\n");
    wake();
  };
  const onData = (bytes: Buffer) => {
    const pass = key.feed(bytes.toString("latin1"));
    if (pass === "detach" || (!lines && pass.includes(CTRL_C))) leave();
    else typed.write(Buffer.from(pass, "latin1"));
  };
  if (input.isTTY) input.setRawMode(true);
  input.on("data", onData);
  input.on("end", leave);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, leave);
  input.resume();
  lines?.on("line", (line) => {
    said.push(line);
    wake();
  });
  lines?.on("SIGINT", leave);
  lines?.on("close", leave);
  lines?.prompt();

  async function* untilLeft(): AsyncGenerator<string, void> {
    for (;;) {
      for (let line = said.shift(); line !== undefined; line = said.shift()) yield line;
      if (over) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    lines: untilLeft(),
    print: (text) => {
      if (over) return;
      if (!lines) {
        output.write(`${text}\n`);
        return;
      }
      moveCursor(output, 0, -lines.getCursorPos().rows);
      cursorTo(output, 0);
      clearScreenDown(output);
      output.write(`${text}\n`);
      lines.prompt(true);
    },
    next: () => {
      if (!over) lines?.prompt();
    },
    close: leave,
  };
}
