/**
 * A line to type at, with what others say above it: Node's readline, with pastes of several lines, completion and history.
 * Ctrl-C is told and nothing else; Ctrl-D at an empty line is the end.
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import { PassThrough } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { ReadStream, WriteStream } from "node:tty";
import type { EditorOptions, LineAct, LineEditor } from "../terminal.ts";
import { PASTE_OFF, PASTE_ON, pasteFilter } from "./paste.ts";

/** As many as anybody goes back. */
const HISTORY = 500;

export function lineEditor(input: ReadStream, output: WriteStream, options: EditorOptions): LineEditor {
  const acts: LineAct[] = [];
  let wake = () => {};
  let over = false;
  /** Nothing more is typed here, but what is left may be said still. */
  let ended = false;
  let prompt = "";
  let lines: Interface | undefined;
  let away = () => {};
  let unseen: string[] = [];
  let history = [...options.history].slice(0, HISTORY);

  const act = (one: LineAct): void => {
    acts.push(one);
    wake();
  };

  function open(): void {
    const typed = new PassThrough();
    const filter = pasteFilter();
    const decoder = new StringDecoder("utf8");
    const rl = createInterface({
      input: typed,
      output,
      terminal: true,
      prompt,
      history,
      historySize: HISTORY,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: Error | null, found: [string[], string]) => void) => {
        options.complete(line).then(
          ({ hits, part }) => done(null, [hits, part]),
          () => done(null, [[], line]),
        );
      },
    });
    const onData = (bytes: Buffer): void => void typed.write(filter.feed(decoder.write(bytes)));
    let left = false;
    away = () => {
      left = true;
      history = [...((rl as Interface & { history?: string[] }).history ?? history)];
      input.off("data", onData);
      input.off("end", end);
      output.write(PASTE_OFF);
      rl.close();
      if (input.isTTY) input.setRawMode(false);
      input.pause();
      lines = undefined;
    };
    // Readline has closed itself, or will not hear of more: what is asked of it from now on is an error.
    const end = (): void => {
      if (left) return;
      ended = true;
      away();
      output.write("\n");
      act({ kind: "end" });
    };
    if (input.isTTY) input.setRawMode(true);
    output.write(PASTE_ON);
    input.on("data", onData);
    input.on("end", end);
    input.resume();
    rl.on("line", (text) => act({ kind: "line", text }));
    rl.on("SIGINT", () => {
      const { line } = rl;
      if (line !== "") {
        rl.write(null, { ctrl: true, name: "e" });
        rl.write(null, { ctrl: true, name: "u" });
      }
      act({ kind: "interrupt", typed: line !== "" });
    });
    rl.on("close", end);
    lines = rl;
    rl.prompt();
  }

  const onSignal = (): void => act({ kind: "end" });
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  open();

  async function* untilClosed(): AsyncGenerator<LineAct, void> {
    for (;;) {
      for (let next = acts.shift(); next; next = acts.shift()) yield next;
      if (over) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    acts: untilClosed(),
    print(text) {
      if (!lines) {
        if (over || ended) output.write(`${text}\n`);
        else unseen.push(text); // somebody else has the terminal
        return;
      }
      moveCursor(output, 0, -lines.getCursorPos().rows);
      cursorTo(output, 0);
      clearScreenDown(output);
      output.write(`${text}\n`);
      lines.prompt(true);
    },
    ask(text) {
      prompt = text;
      if (!lines) return;
      lines.setPrompt(text);
      lines.prompt(true);
    },
    put(text) {
      lines?.write(text);
    },
    clear() {
      output.write("\u001b[2J\u001b[3J\u001b[H");
      lines?.prompt(true);
    },
    async aside(doing) {
      away();
      try {
        return await doing();
      } finally {
        for (const text of unseen) output.write(`${text}\n`);
        unseen = [];
        if (!over && !ended) open();
      }
    },
    close() {
      if (over) return;
      over = true;
      for (const signal of ["SIGTERM", "SIGHUP"] as const) process.off(signal, onSignal);
      if (lines) {
        away();
        output.write("\n");
      }
      wake();
    },
  };
}
