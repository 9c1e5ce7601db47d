/** The terminal that the process was started in. Drawing goes to stderr when that is a terminal: stdout is for data. */
import { Failure } from "../domain/failure.ts";
import { say } from "../messages/say.ts";
import type { Terminal } from "./terminal.ts";

const FALLBACK = { columns: 80, rows: 24 };

export function realTerminal(colour: boolean, env: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdout, stderr } = process;
  const canvas = stderr.isTTY ? stderr : stdout;
  return {
    // Looked at when it is asked for: making stdin's stream takes Node longer than most of what the thin client does.
    get canAsk() {
      return Boolean(process.stdin.isTTY && canvas.isTTY);
    },
    canDraw: Boolean(canvas.isTTY) && env.TERM !== "dumb",
    colour: colour && Boolean(canvas.isTTY),
    size: () => ({ columns: canvas.columns || FALLBACK.columns, rows: canvas.rows || FALLBACK.rows }),
    onResize(listener) {
      canvas.on("resize", listener);
      return () => void canvas.off("resize", listener);
    },
    write: (text) => void canvas.write(text),
    async ask(question) {
      const { createInterface } = await import("node:readline");
      const lines = createInterface({ input: process.stdin, output: canvas, terminal: true });
      return new Promise((resolve) => {
        // Ctrl-C and Ctrl-D both mean that nobody answers.
        lines.once("SIGINT", () => lines.close());
        let answered = false;
        lines.once("close", () => {
          if (!answered) canvas.write("\n");
          resolve(undefined);
        });
        lines.question(question, (answer) => {
          answered = true;
          resolve(answer);
          lines.close();
        });
      });
    },
    askHidden: (question) => hidden(question, (text) => void canvas.write(text)),
    keys,
    stdin: () => process.stdin,
    async converse(readOnly) {
      const { conversation } = await import("./attach/conversation.ts");
      const { DETACH_KEY } = await import("./attach/detach-key.ts");
      const greeting = say(readOnly ? "transcript.greeting_read_only" : "transcript.greeting", { key: DETACH_KEY });
      stdout.write(`${greeting}\n`);
      return conversation({ input: process.stdin, output: stdout, prompt: readOnly ? undefined : "› " });
    },
    async edit(options) {
      const { lineEditor } = await import("./chat/line-editor.ts");
      return lineEditor(process.stdin, stdout, options);
    },
    async viewPty(socket, readOnly) {
      const { viewTerminal } = await import("./attach/pty-view.ts");
      const { DETACH_KEY } = await import("./attach/detach-key.ts");
      const greeting = say(readOnly ? "attach.greeting_read_only" : "attach.greeting", { key: DETACH_KEY });
      return (await viewTerminal({ socket, readOnly, input: process.stdin, output: stdout, greeting })).end;
    },
    async handOver(argv, env) {
      const { spawn } = await import("node:child_process");
      const [program = "", ...args] = argv;
      const child = spawn(program, args, { stdio: "inherit", env });
      return new Promise<number>((resolve, reject) => {
        child.once("error", (cause) =>
          reject(new Failure("terminal.open_failed", { label: program, problem: cause.message }, { cause })),
        );
        child.once("exit", (code) => resolve(code ?? 1));
      });
    },
  };
}

/** A line that is not shown. Ctrl-C and Ctrl-D both mean that nobody answers. */
async function hidden(question: string, write: (text: string) => void): Promise<string | undefined> {
  write(question);
  let typed = "";
  try {
    for await (const key of keys(new AbortController().signal)) {
      if (key === "\r" || key === "\n") return typed;
      if (key === "\u0003" || key === "\u0004") return undefined;
      if (key === "\u007f" || key === "\b") typed = typed.slice(0, -1);
      else if (key === "\u0015") typed = "";
      else if (!/^[\u0000-\u001f]/.test(key)) typed += key;
    }
    return undefined;
  } finally {
    write("\n");
  }
}

async function* keys(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const { stdin } = process;
  const queue: string[] = [];
  let wake = () => {};
  const onData = (data: string) => {
    queue.push(...split(data));
    wake();
  };
  const onEnd = () => {
    queue.push("\u0003");
    wake();
  };
  const onAbort = () => wake();
  stdin.setRawMode?.(true);
  stdin.setEncoding("utf8");
  stdin.on("data", onData);
  stdin.once("end", onEnd);
  signal.addEventListener("abort", onAbort, { once: true });
  stdin.resume();
  try {
    while (!signal.aborted) {
      for (let key = queue.shift(); key !== undefined; key = queue.shift()) yield key;
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (queue.length > 0) resolve();
      });
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    stdin.off("data", onData);
    stdin.off("end", onEnd);
    stdin.setRawMode?.(false);
    stdin.pause();
  }
}

/** One read may bring several keys: an escape sequence is one, any other character too. */
const split = (data: string): string[] => data.match(/\u001b(?:[[O][0-9;]*[A-Za-z~])?|[^\u001b]/gsu) ?? [];
