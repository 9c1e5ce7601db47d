/** The process of one model agent: started by the daemon with an IPC channel, ended with it. */
import { Console } from "node:console";
import { type Start, ToChild } from "../session-protocol.ts";

// First of all: nothing that is loaded later may send prompts to a tracing service.
for (const name of Object.keys(process.env)) if (/^LANG(?:SMITH|CHAIN)_/.test(name)) delete process.env[name];
// Libraries warn on the standard output, which belongs to nobody here.
globalThis.console = new Console(process.stderr, process.stderr);

const { modelSession } = await import("./session.ts");
type Session = Awaited<ReturnType<typeof modelSession>>;

/** The daemon is less patient than this with a process that it has told to end. */
const STOP_MS = 4_000;

let key = "";
let session: Promise<Session> | undefined;

function take(received: unknown): void {
  const read = ToChild.safeParse(received);
  if (!read.success) console.error(`a message that cannot be read: ${read.error.message}`);
  else if (read.data.t === "key") key = read.data.key;
  else if (read.data.t === "start") begin(read.data);
  else if (read.data.t === "end") end();
  else {
    const message = read.data;
    void session?.then((one) => one.take(message));
  }
}

function begin(start: Start): void {
  session ??= modelSession(start, key, (told) => {
    // What nobody hears is told again by the next process.
    if (process.connected) process.send?.(told, undefined, undefined, () => {});
  });
  session.catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}

/** What runs is stopped first, commands above all: it is in the files how far it was, and the next process goes on from there. */
function end(): void {
  const stopped = session?.then((one) => one.stop());
  setTimeout(() => process.exit(0), STOP_MS);
  void Promise.resolve(stopped).finally(() => process.exit(0));
}

process.on("disconnect", end);
process.on("message", take);
if (!process.connected) end();
