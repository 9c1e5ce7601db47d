/**
 * The holder: a process of its own for one session's pty. It outlives the daemon, keeps the last output and the typing keys that
 * were taken, and serves both over a socket to whoever comes next.
 *
 * H1. One holder, one terminal: node-pty leaks the master of every terminal into the children of its process, so a second
 *     terminal here could be typed into by the first one's program. It starts nothing else for the same reason.
 * H2. A key is marked and its bytes are queued in one step of this process, and dies with the program (T3).
 * H3. The exit is written down before it is told, and told after the last output (T5).
 * H4. It ends by itself: soon after the exit was collected, or much later if nobody ever does.
 */
import { chmodSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import type { ClientFrame } from "../../domain/terminal-frame.ts";
import type { TerminalExit } from "../../ports/terminal-host.ts";
import { type HolderClient, holderClient } from "./pty-client.ts";
import { type Follower, outputFlow } from "./pty-flow.ts";
import { inputQueue, keysBytes, pasteBytes } from "./pty-input.ts";
import { terminalModes } from "./pty-modes.ts";
import { outputLog } from "./pty-output.ts";
import { startProgram } from "./pty-program.ts";
import { type HolderReady, type HolderStart, writeExit, writeRecord } from "./pty-record.ts";
import { frameServer } from "./pty-server.ts";

/** After the exit was collected: time for a person's view to show the end. */
const COLLECTED_LINGER_MS = 5_000;
/** Nobody collected the exit: a daemon that is not back by then reads `exit.json` instead. */
const UNCOLLECTED_LINGER_MS = 24 * 60 * 60 * 1000;
/** A person who typed this short a while ago is still at it. */
const PERSON_TYPING_MS = 3_000;

const FOCUS_REPORTS = ["\x1b[I", "\x1b[O"];

/** Who is connected, once it has said hello. */
interface Visitor {
  client: HolderClient;
  /** The daemon's part: only it types, resizes for good, acknowledges and ends. */
  follower?: Follower;
  /** The size that a person's window asks for; absent for one who only reads. */
  view?: { cols: number; rows: number };
}

function hold(start: HolderStart): void {
  const modes = terminalModes();
  /** The modes where the kept output begins: what a screen must be told before that output makes sense on it. */
  const modesBefore = terminalModes();
  const log = outputLog((dropped) => modesBefore.feed(dropped));
  const taken = new Set<string>();
  const visitors = new Map<Socket, Visitor>();
  /** The size the daemon wants, back in force when no person with another window is attached. */
  let own = { cols: start.cols, rows: start.rows };
  let size = own;
  let exit: TerminalExit | undefined;
  let acked = 0;
  let personTypedAt = Number.NEGATIVE_INFINITY;

  const everyClient = () => [...visitors.values()].map(({ client }) => client);
  const program = startProgram(start, {
    onOutput(bytes) {
      log.append(bytes);
      modes.feed(bytes);
      flow.grown();
      for (const client of everyClient()) client.pump();
    },
    onEnding: () => flow.open(),
    onExit(how) {
      exit = how;
      input.stop();
      writeDown(exit);
      for (const client of everyClient()) client.mark({ t: "exit", exit });
      endIn(UNCOLLECTED_LINGER_MS);
    },
  });
  const input = inputQueue(program.fd);
  const flow = outputFlow(() => log.end, program);

  const preamble = () => modesBefore.preamble().toString("base64");
  const welcome = (from: number) => {
    const pid = exit === undefined ? { pid: program.pid } : {};
    return { t: "welcome" as const, ...pid, ...size, from, to: log.end, acked, preamble: preamble() };
  };
  const writeDown = (exit: TerminalExit) => {
    const record = { exit, taken: [...taken], welcome: welcome(log.start), endedAt: new Date().toISOString() };
    attempt("write the exit down", () => writeExit(start.directory, record, log.read(log.start, log.end - log.start)));
  };

  const applySize = () => {
    const wanted = [...visitors.values()].reverse().find(({ view }) => view)?.view ?? own;
    if (exit !== undefined || (wanted.cols === size.cols && wanted.rows === size.rows)) return;
    size = wanted;
    attempt("resize", () => program.resize(size.cols, size.rows));
    for (const client of everyClient()) client.mark({ t: "resized", ...size });
  };

  const typeOnce = (key: string, bytes: () => string) => {
    if (exit !== undefined) return "gone";
    if (taken.has(key)) return "already";
    taken.add(key); // H2: nothing may come between this and the next line
    input.push(bytes());
    return "typed";
  };

  const personInput = (bytes: Buffer) => {
    // A window that gets or loses the focus says so in the same way, without anybody typing.
    if (!FOCUS_REPORTS.includes(bytes.toString("latin1"))) personTypedAt = performance.now();
    input.push(bytes);
  };

  const hello = (socket: Socket, frame: Extract<ClientFrame, { t: "hello" }>) => {
    const from = Math.min(Math.max(frame.from, log.start), log.end);
    const client = holderClient(socket, log, from, preamble);
    client.send(frame.from < from ? welcome(from) : { ...welcome(from), preamble: "" });
    const visitor: Visitor = { client };
    if (frame.role === "daemon") visitor.follower = flow.follow(from);
    else if (!frame.readOnly) visitor.view = { cols: frame.cols, rows: frame.rows };
    visitors.set(socket, visitor);
    if (exit) client.mark({ t: "exit", exit });
    client.pump();
    applySize();
  };

  const fromDaemon = ({ client }: Visitor, follower: Follower, frame: ClientFrame) => {
    const typed = (key: string, bytes: () => string) => {
      if ("id" in frame) client.send({ t: "answer", id: frame.id, typed: typeOnce(key, bytes) });
    };
    switch (frame.t) {
      case "paste":
        return typed(frame.key, () => pasteBytes(frame.text, modes.bracketedPaste));
      case "type":
        return typed(frame.key, () => frame.text);
      case "press":
        return typed(frame.key, () => keysBytes(frame.keys, modes.applicationCursor));
      case "taken":
        return client.send({ t: "answer", id: frame.id, taken: frame.keys.filter((key) => taken.has(key)) });
      case "busy":
        return client.send({ t: "answer", id: frame.id, busy: performance.now() - personTypedAt < PERSON_TYPING_MS });
      case "resize":
        own = { cols: frame.cols, rows: frame.rows };
        applySize();
        return client.send({ t: "answer", id: frame.id });
      case "ack":
        if (frame.reply !== undefined && frame.to > acked && exit === undefined)
          input.push(Buffer.from(frame.reply, "base64"));
        acked = Math.min(Math.max(acked, frame.to), log.end);
        return flow.acknowledge(follower, frame.to);
      case "collected":
        if (exit === undefined) return;
        writeDown(exit); // with how far the output has been dealt with
        return endIn(COLLECTED_LINGER_MS);
      case "end":
        return end();
    }
  };

  const fromPerson = (visitor: Visitor, frame: ClientFrame) => {
    if (visitor.view === undefined || exit !== undefined) return;
    if (frame.t === "input") personInput(Buffer.from(frame.data, "base64"));
    if (frame.t !== "resize") return;
    visitor.view = { cols: frame.cols, rows: frame.rows };
    applySize();
  };

  let ending: NodeJS.Timeout | undefined;
  const endIn = (ms: number) => {
    clearTimeout(ending);
    ending = setTimeout(end, ms);
  };
  const end = () => {
    if (exit === undefined) program.kill();
    rmSync(start.socket, { force: true });
    process.exit(0);
  };

  const server = frameServer({
    onFrame(socket, frame) {
      const visitor = visitors.get(socket);
      if (visitor === undefined) return frame.t === "hello" ? hello(socket, frame) : undefined;
      if (visitor.follower) fromDaemon(visitor, visitor.follower, frame);
      else fromPerson(visitor, frame);
    },
    onGone(socket) {
      const follower = visitors.get(socket)?.follower;
      visitors.delete(socket);
      if (follower) flow.leave(follower);
      applySize();
    },
  });
  server.on("error", (error) => {
    program.kill();
    fail(error.message);
  });
  server.listen(start.socket, () => {
    chmodSync(start.socket, 0o600);
    const { session, run, cols, rows, record, socket } = start;
    const key = `pty:${process.pid}:${Date.now()}`;
    writeRecord(start.directory, { session, run, cols, rows, key, socket, ...(record && { record }) });
    say({ key });
  });
}

const say = (line: HolderReady) => attempt("say so", () => writeSync(1, `${JSON.stringify(line)}\n`));

function fail(problem: string): never {
  say({ problem });
  process.exit(1);
}

/** Does what must not take the program down when it fails: a full disk, a daemon that went away. */
function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    console.error(`cannot ${what}: ${(error as Error).message}`);
  }
}

const start = JSON.parse(readFileSync(0, "utf8")) as HolderStart;
if (!statSync(start.cwd, { throwIfNoEntry: false })?.isDirectory()) fail(`the directory ${start.cwd} does not exist`);
try {
  hold(start);
} catch (error) {
  fail((error as Error).message);
}
