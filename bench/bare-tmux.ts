/** The least that can talk to tmux: a control-mode client that sends lines and looks for a text in a pane's output. */
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PAPER = fileURLToPath(new URL("../fixtures/paper-agent/paper-agent.mjs", import.meta.url));
const READER = fileURLToPath(new URL("./pane-reader.mjs", import.meta.url));
const SESSION = "devflow";
/** The last digit says that it answers to what this client has asked. */
const ANSWERED = /^%(?:end|error) \d+ \d+ 1$/;

export interface BareClient {
  send(line: string): void;
  /** Resolves to the time (`performance.now()`) at which this pane has printed this text from now on. */
  shows(pane: string, text: string): Promise<number>;
  /** Sends these lines at once; resolves to what tmux has printed for them, when it has answered the last. */
  answers(lines: readonly string[]): Promise<string[]>;
  end(): Promise<void>;
}

export async function bareClient(socket: string): Promise<BareClient> {
  const child = spawn("tmux", ["-uN", "-S", socket, "-C", "attach-session", "-f", "ignore-size", "-t", `=${SESSION}`]);
  const waiting = new Set<{ pane: string; text: string; seen(at: number): void }>();
  let asking: { left: number; printed: string[]; done(): void } | undefined;
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (asking && ANSWERED.test(line)) {
      asking.left -= 1;
      if (asking.left === 0) asking.done();
    } else asking?.printed.push(line);
    for (const wanted of waiting) {
      if (!line.startsWith(`%output ${wanted.pane} `) || !line.includes(wanted.text)) continue;
      waiting.delete(wanted);
      wanted.seen(performance.now());
    }
  });
  return {
    send: (line) => void child.stdin.write(`${line}\n`),
    shows: (pane, text) => new Promise((seen) => waiting.add({ pane, text, seen })),
    answers: (lines) =>
      new Promise((resolve) => {
        const printed: string[] = [];
        const done = (): void => {
          asking = undefined;
          resolve(printed);
        };
        asking = { left: lines.length, printed, done };
        child.stdin.write(`${lines.join("\n")}\n`);
      }),
    end() {
      child.stdin.end();
      return ended;
    },
  };
}

export interface PaneReader {
  /** Resolves, once it looks, to what tells when this pane has printed this text: a time of `now`. */
  looksFor(pane: string, text: string): Promise<{ seen: Promise<number> }>;
  end(): Promise<void>;
}

/** In milliseconds, of a clock that all processes share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Looks from a process of its own (`pane-reader.mjs`), for one text at a time. */
export async function paneReader(socket: string): Promise<PaneReader> {
  const child = spawn(process.execPath, [READER, socket, SESSION], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  await next();
  return {
    async looksFor(pane, text) {
      child.stdin.write(`${pane} ${text}\n`);
      await next();
      return { seen: next().then((at) => Number(at) / 1e6) };
    },
    end() {
      child.stdin.end();
      return ended;
    },
  };
}

/** A pane of a tmux server of its own, in which paper agents start. */
export async function paperPane(socket: string, env: NodeJS.ProcessEnv) {
  const tmux = (...args: string[]): string =>
    execFileSync("tmux", ["-u", "-S", socket, ...args], { env, encoding: "utf8" });
  // A shell first, so that nothing is printed before somebody reads.
  const size = ["-x", "160", "-y", "48"];
  const pane = tmux(
    "-f",
    "/dev/null",
    "new-session",
    "-d",
    "-s",
    SESSION,
    ...size,
    "-P",
    "-F",
    "#{pane_id}",
    "sh",
  ).trim();
  const client = await bareClient(socket);
  return {
    client,
    pane,
    /** Resolves once a new agent has its composer open. */
    async start() {
      const ready = client.shows(pane, "Describe a task");
      client.send(`respawn-pane -k -t ${pane} -- '${process.execPath}' '${PAPER}'`);
      await ready;
    },
    async end() {
      await client.end();
      tmux("kill-server");
    },
  };
}
