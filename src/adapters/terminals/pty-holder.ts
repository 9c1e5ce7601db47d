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
import { createServer, type Socket } from "node:net";
import { type ClientFrame, clientFrame, lineSplitter } from "../../domain/terminal-frame.ts";
import type { TerminalExit } from "../../ports/terminal-host.ts";
import { type HolderClient, holderClient } from "./pty-client.ts";
import { type Follower, outputFlow } from "./pty-flow.ts";
import { inputQueue, isKey, keyBytes, pasteBytes } from "./pty-input.ts";
import { terminalModes } from "./pty-modes.ts";
import { outputLog } from "./pty-output.ts";
import { startProgram } from "./pty-program.ts";
import { type HolderReady, type HolderStart, writeExit, writeRecord } from "./pty-record.ts";

/** After the exit was collected: time for a person's view to show the end. */
const COLLECTED_LINGER_MS = 5_000;
/** Nobody collected the exit: a daemon that is not back by then reads `exit.json` instead. */
const UNCOLLECTED_LINGER_MS = 24 * 60 * 60 * 1000;
/** A person who typed this short a while ago is still at it. */
const PERSON_TYPING_MS = 3_000;

const FOCUS_REPORTS = ["\x1b[I", "\x1b[O"];

interface Connection {
  socket: Socket;
  client?: HolderClient;
  follower?: Follower;
  /** The size that a person's window asks for. */
  view?: { cols: number; rows: number };
  readOnly: boolean;
}

function hold(start: HolderStart): void {
  const modes = terminalModes();
  /** The modes where the kept output begins: what a screen must be told before that output makes sense on it. */
  const modesBefore = terminalModes();
  const log = outputLog((dropped) => modesBefore.feed(dropped));
  const taken = new Set<string>();
  const connections = new Set<Connection>();
  /** The size the daemon wants, back in force when no person with another window is attached. */
  let own = { cols: start.cols, rows: start.rows };
  let size = own;
  let exit: TerminalExit | undefined;
  let acked = 0;
  let personTypedAt = Number.NEGATIVE_INFINITY;

  const everyClient = () => [...connections].flatMap(({ client }) => client ?? []);
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
    const wanted = [...connections].reverse().find(({ view }) => view)?.view ?? own;
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

  const hello = (connection: Connection, frame: Extract<ClientFrame, { t: "hello" }>) => {
    const from = Math.min(Math.max(frame.from, log.start), log.end);
    const client = holderClient(connection.socket, log, from, preamble);
    client.send(frame.from < from ? welcome(from) : { ...welcome(from), preamble: "" });
    connection.client = client;
    if (frame.role === "daemon") connection.follower = flow.follow(from);
    else {
      connection.readOnly = frame.readOnly;
      if (!frame.readOnly) connection.view = { cols: frame.cols, rows: frame.rows };
    }
    if (exit) client.mark({ t: "exit", exit });
    client.pump();
    applySize();
  };

  const take = (connection: Connection, frame: ClientFrame) => {
    const { client, follower, readOnly } = connection;
    if (frame.t === "hello") return client === undefined ? hello(connection, frame) : undefined;
    if (client === undefined) return;
    switch (frame.t) {
      case "paste":
        return client.send({
          t: "answer",
          id: frame.id,
          typed: typeOnce(frame.key, () => pasteBytes(frame.text, modes.bracketedPaste)),
        });
      case "type":
        return client.send({ t: "answer", id: frame.id, typed: typeOnce(frame.key, () => frame.text) });
      case "press": {
        const bytes = () =>
          frame.keys
            .filter(isKey)
            .map((key) => keyBytes(key, modes.applicationCursor))
            .join("");
        return client.send({ t: "answer", id: frame.id, typed: typeOnce(frame.key, bytes) });
      }
      case "taken":
        return client.send({ t: "answer", id: frame.id, taken: frame.keys.filter((key) => taken.has(key)) });
      case "busy":
        return client.send({ t: "answer", id: frame.id, busy: performance.now() - personTypedAt < PERSON_TYPING_MS });
      case "resize":
        if (follower) own = { cols: frame.cols, rows: frame.rows };
        else if (!readOnly) connection.view = { cols: frame.cols, rows: frame.rows };
        applySize();
        return client.send({ t: "answer", id: frame.id });
      case "input":
        if (readOnly || exit !== undefined) return;
        return personInput(Buffer.from(frame.data, "base64"));
      case "ack":
        if (follower === undefined) return;
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

  const server = createServer((socket) => {
    const connection: Connection = { socket, readOnly: false };
    connections.add(connection);
    const split = lineSplitter((line) => {
      const frame = clientFrame(line);
      if (frame === undefined) socket.destroy(new Error("a line that is no frame"));
      else take(connection, frame);
    });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      try {
        split(text);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on("error", (error) => console.error(`a client was dropped: ${error.message}`));
    socket.on("close", () => {
      connections.delete(connection);
      if (connection.follower) flow.leave(connection.follower);
      applySize();
    });
  });

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
