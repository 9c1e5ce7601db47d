/** A model agent's process, as built, with a parent that grants and confirms everything and remembers what it was told. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { FromChild, type Start, type ToChild, TranscriptLine } from "../../src/adapters/models/session-protocol.ts";
import { systemIds } from "../../src/adapters/system/ids.ts";
import type { SessionId } from "../../src/domain/ids.ts";
import { ModelLimits, ToolName } from "../../src/domain/model-agent.ts";

export const PROGRAM = join(import.meta.dirname, "../../dist/model-agent.mjs");
export const KEY = "sk-or-v1-0123456789abcdef0123456789abcdef";

/** Of this test file alone: what a killed process leaves is ended by its mark. */
export const SESSION = systemIds().next() as SessionId;

const DEADLINE_MS = 30_000;

type Told<T extends FromChild["t"]> = Extract<FromChild, { t: T }>;
type Prompt = Extract<ToChild, { t: "prompt" }>;

export interface AgentOptions {
  /** Everything of the session is in here: its worktree, its own folder. */
  directory: string;
  baseUrl: string;
  limits?: Partial<ModelLimits>;
  start?: Partial<Start>;
  env?: Record<string, string>;
  /** What is answered to `ask`; granted otherwise. Nothing is answered for `undefined`. */
  grant?(ask: Told<"ask">): Extract<ToChild, { t: "grant" }>["grant"] | undefined;
}

export interface ModelAgent {
  readonly process: ChildProcess;
  readonly cwd: string;
  readonly folder: string;
  /** All that it has told, oldest first. */
  readonly told: readonly FromChild[];
  all<T extends FromChild["t"]>(t: T): Told<T>[];
  /** Resolves with the first message of this kind that fits. */
  first<T extends FromChild["t"]>(t: T, fits?: (message: Told<T>) => boolean): Promise<Told<T>>;
  send(message: ToChild): void;
  prompt(text: string, more?: Partial<Prompt>): void;
  /** Prompts, and waits until that turn is over. */
  turn(text: string, more?: Partial<Prompt>): Promise<Told<"over">>;
  /** Ends it without a word. */
  kill(): Promise<void>;
  /** Closes its channel. */
  disconnect(): Promise<void>;
  transcript(): TranscriptLine[];
}

export async function startAgent(options: AgentOptions): Promise<ModelAgent> {
  const { directory, baseUrl, env = {}, grant = () => ({ kind: "granted" as const }) } = options;
  const cwd = join(directory, "worktree");
  const folder = join(directory, "session");
  mkdirSync(cwd, { recursive: true });
  const child = fork(PROGRAM, [], {
    cwd: directory,
    execArgv: [],
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const told: FromChild[] = [];
  const send = (message: ToChild) => {
    child.send(message);
  };
  child.on("message", (received) => {
    const message = FromChild.parse(received);
    told.push(message);
    if (message.t === "ask") {
      const answer = grant(message);
      if (answer) send({ t: "grant", call: message.call, grant: answer });
    }
    if (message.t === "settle") send({ t: "settled", call: message.call });
  });

  const all = <T extends FromChild["t"]>(t: T) => told.filter((message): message is Told<T> => message.t === t);
  const agent: ModelAgent = {
    process: child,
    cwd,
    folder,
    told,
    all,
    send,
    first: (t, fits = () => true) =>
      vi.waitFor(
        () => {
          const found = all(t).find(fits);
          if (!found) throw new Error(`it has not told ${t}; it told: ${JSON.stringify(told.slice(-5), undefined, 1)}`);
          return found;
        },
        { timeout: DEADLINE_MS, interval: 10 },
      ),
    prompt: (text, more = {}) =>
      send({ t: "prompt", key: "run/spec/1", phase: "spec", attempt: "spec/1", text, ...more }),
    turn(text, more = {}) {
      agent.prompt(text, more);
      return agent.first("over", ({ key }) => key === (more.key ?? "run/spec/1"));
    },
    kill() {
      child.kill("SIGKILL");
      return gone;
    },
    disconnect() {
      if (child.connected) child.disconnect();
      return gone;
    },
    transcript: () =>
      readFileSync(join(folder, "transcript.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => TranscriptLine.parse(JSON.parse(line))),
  };
  send({ t: "key", key: KEY });
  send({
    t: "start",
    session: SESSION,
    run: "01JD0000000000000000000000",
    role: "author",
    persona: "openrouter-author@1",
    cwd,
    folder,
    baseUrl,
    account: "openrouter",
    model: "some/model",
    headers: { "x-title": "devflow" },
    system: "You are an author.",
    tools: [...ToolName.options],
    commands: [["sleep"]],
    contextTokens: 128_000,
    patience: { firstMs: 5, longestMs: 20, callMs: 20_000, parkAfterMs: 10_000, parkMs: 1_000, giveUpMs: 60_000 },
    ...options.start,
    limits: ModelLimits.parse(options.limits ?? {}),
  });
  await agent.first("ready");
  return agent;
}

/** Every file in a folder, as text, for what must not stand in any. */
export const everything = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
