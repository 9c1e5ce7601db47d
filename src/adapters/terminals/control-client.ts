/**
 * One `tmux -C attach` process: command lines go in, replies come back in order, output of all panes streams by.
 *
 * A line is one command list: tmux runs it without anything in between, or not at all when the line did not arrive
 * whole. A list prints one block a command, conditions add more, and an error ends it early; so each line is followed by
 * a second one that only prints a mark, and whatever comes before the mark is the reply.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { shortage } from "../../domain/system-problem.ts";
import { processTime } from "../system/attended-time.ts";
import { mustHaveFiles } from "../system/spare-files.ts";
import { controlParser } from "./control-parser.ts";
import { paced, readAtOnce } from "./paced-reading.ts";

/** A healthy server answers in well under a millisecond; one out of file descriptors never does. */
export const REPLY_LIMIT_MS = 5_000;
/** After its input is closed a client leaves by itself, but some versions hang in it. */
const LEAVE_MS = 500;

/** Why a connection is lost whose server lives, and hangs: it is stopped, or out of file descriptors. */
export const NO_ANSWER = "tmux does not answer";

/** tmux refused a command. */
export class TmuxRefusal extends Error {
  override name = "TmuxRefusal";
}

/** The connection ended before the reply: nobody knows whether the commands ran. */
export class ControlLost extends Error {
  override name = "ControlLost";
}

export interface ControlOptions {
  tmux: string;
  socket: string;
  session: string;
  env: Readonly<Record<string, string>>;
  onOutput(pane: string, bytes: Uint8Array): void;
  /** Nobody minds to be told of output a moment later. */
  patient(): boolean;
  onNotice(name: string, text: string): void;
}

export interface ControlClient {
  readonly pid: number | undefined;
  /**
   * Runs a command list and resolves with the lines that it printed. Rejects with `TmuxRefusal` or `ControlLost`.
   * `onBlock` is called with what one command printed before any later output record is told.
   */
  run(line: string, onBlock?: (lines: readonly Buffer[]) => void): Promise<Buffer[]>;
  /** Stops and goes on reading: tmux notices, and pauses the panes that run ahead. */
  hold(held: boolean): void;
  /** Resolves once the output that waits to be read is told; undefined when none waits. */
  gathered(): Promise<void> | undefined;
  /** Resolves with the reason once the client is gone, never rejects. */
  readonly gone: Promise<string>;
  leave(): Promise<void>;
}

interface Waiting {
  mark: string;
  lines: Buffer[];
  refusal: string | undefined;
  /** No reply is waited for any more. */
  forget(): void;
  onBlock: ((lines: readonly Buffer[]) => void) | undefined;
  resolve(lines: Buffer[]): void;
  reject(problem: Error): void;
}

/** Resolves once tmux has answered; rejects with `ControlLost` when there is no server or no such session. */
export async function connectControl(options: ControlOptions): Promise<ControlClient> {
  const { tmux, socket, session, env, onOutput, patient, onNotice } = options;
  // -N: attaching must never start a server, or one whose socket file was removed would get a rival.
  // With pause-after, a daemon that does not read holds up neither the agents nor the server's memory.
  const attach = ["attach-session", "-f", "pause-after=1,ignore-size", "-t", `=${session}`];
  mustHaveFiles();
  const child = readAtOnce(() => spawn(tmux, ["-uN", "-S", socket, "-C", ...attach], { env }));
  // Without a process it has no streams either.
  if (child.pid === undefined) {
    const problem = await new Promise<Error>((resolve) => child.once("error", resolve));
    throw shortage(problem) ?? new ControlLost(problem.message);
  }
  const queue: Waiting[] = [];
  const nonce = randomBytes(8).toString("hex");
  let count = 0;
  let reason = "";
  let over = false;
  let arrive = (): void => {};
  const attached = new Promise<void>((resolve) => {
    arrive = resolve;
  });

  let end = (_why: string): void => {};
  const gone = new Promise<string>((resolve) => {
    end = (why) => {
      if (over) return;
      over = true;
      for (const one of queue.splice(0)) {
        one.forget();
        one.reject(new ControlLost(why));
      }
      resolve(why);
    };
    child.on("error", (problem) => end(problem.message));
    child.on("close", () => end(reason.trim() || "the tmux client ended"));
  });
  child.stdin.on("error", () => {}); // Told by `close`.
  child.stderr.on("data", (bytes: Buffer) => {
    reason += bytes.toString();
  });

  const parse = controlParser((message) => {
    switch (message.type) {
      case "output":
        onOutput(message.pane, message.bytes);
        break;
      case "notice":
        if (message.name === "session-changed") arrive();
        onNotice(message.name, message.text);
        break;
      case "exit":
        reason ||= message.reason;
        break;
      case "reply": {
        const [waiting] = queue;
        if (!message.ours) {
          if (message.ok) arrive();
          else reason = message.lines.join("\n");
        } else if (!waiting) break;
        else if (message.ok && message.lines.length === 1 && message.lines[0]?.toString() === waiting.mark) {
          queue.shift();
          waiting.forget();
          if (waiting.refusal === undefined) waiting.resolve(waiting.lines);
          else waiting.reject(new TmuxRefusal(waiting.refusal));
        } else if (message.ok) {
          waiting.lines.push(...message.lines);
          waiting.onBlock?.(message.lines);
        } else waiting.refusal = message.lines.join("\n");
      }
    }
  });
  const pace = paced(child.stdout, () => queue.length === 0 && patient());
  child.stdout.on("data", (bytes: Buffer) => {
    parse(bytes);
    pace.took();
  });

  const giveUp = () => {
    // Its end would not be told: a server that hangs holds its output open.
    end(NO_ANSWER);
    child.kill("SIGKILL");
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  };
  const run: ControlClient["run"] = (line, onBlock) =>
    new Promise((resolve, reject) => {
      if (over) {
        reject(new ControlLost("the tmux client has ended"));
        return;
      }
      const mark = `${nonce}-${++count}`;
      const forget = processTime.afterAttended(REPLY_LIMIT_MS, giveUp);
      queue.push({ mark, lines: [], refusal: undefined, forget, onBlock, resolve, reject });
      child.stdin.write(`${line}\ndisplay-message -p ${mark}\n`);
      pace.now();
    });
  const leave = async () => {
    child.stdin.end();
    pace.hold(false);
    pace.now();
    const timer = setTimeout(() => child.kill("SIGKILL"), LEAVE_MS);
    await gone;
    clearTimeout(timer);
  };

  await run("display-message -p hello");
  // A busy server may do what comes by stdin first, for a client that is not attached yet: that one is told of no output.
  const forget = processTime.afterAttended(REPLY_LIMIT_MS, giveUp);
  const lost = await Promise.race([attached, gone]).finally(forget);
  if (lost !== undefined) throw new ControlLost(lost);
  return {
    pid: child.pid,
    run,
    gone,
    leave,
    hold: pace.hold,
    gathered: pace.gathered,
  };
}
