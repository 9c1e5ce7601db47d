/** What devflow runs in: the process's streams, environment and signals. A test gives another. */
import { consentState } from "../domain/consent.ts";
import type { Language } from "../domain/language.ts";
import { systemProblem } from "../domain/system-problem.ts";
import { say } from "../messages/say.ts";
import { placesHere } from "../protocol/here.ts";
import { languageHere } from "../protocol/language-here.ts";
import { VERSION } from "../protocol/version.ts";
import { type Bell, bell } from "./bell.ts";
import type { Client } from "./client.ts";
import { EXIT_FAILED } from "./command.ts";
import type { AgentShelf, Definitions, KeyChest } from "./compose/offers.ts";
import { type ConsentDesk, readConsent, writeConsent } from "./consent-file.ts";
import type { Ground } from "./doctor/ground.ts";
import type { Sink } from "./out.ts";
import { realTerminal } from "./real-terminal.ts";
import { connectOrStart } from "./start-daemon.ts";
import { lookOf } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface World {
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdout: Sink;
  stderr: Sink;
  terminal: Terminal;
  /** What it speaks to the person; programs are answered in English. */
  language: () => Language;
  /** Aborts on Ctrl-C, and when nobody reads stdout any more. */
  signal: AbortSignal;
  now(): number;
  connect(options: { start: boolean; note: (line: string) => void }): Promise<Client>;
  definitions(): Promise<Definitions>;
  agents(): Promise<AgentShelf>;
  keys(options: { patient: boolean }): Promise<KeyChest>;
  ground(running: Ground["running"]): Promise<Ground>;
  consent: ConsentDesk;
  bell: Bell;
  /** Resolves once everything that was said has been written. */
  close(): Promise<void>;
}

export function realWorld(): World {
  const { env, stdout, stderr } = process;
  const interrupt = new AbortController();
  let gone = false;
  const onSignal = () => {
    // The second Ctrl-C is meant for whatever is still not over.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // `devflow runs list | head -1` closes the pipe when it has enough: there is nobody to tell, and nothing wrong.
  const onBroken = (error: NodeJS.ErrnoException) => {
    gone = true;
    if (error.code === "EPIPE") return interrupt.abort();
    // A full disk behind `> file`: what was written is not whole, and stderr may be the same file.
    stderr.write(`devflow: ${say("output.broken", { problem: systemProblem(error) })}\n`);
    process.exit(EXIT_FAILED);
  };
  stdout.on("error", onBroken);
  stderr.on("error", onBroken);
  const settings = async () => (await import("./compose.ts")).composeConfig(env);
  const colour = lookOf(stderr.isTTY ? stderr : stdout, env).colour;
  const terminal = realTerminal(colour, env);
  return {
    version: VERSION,
    env,
    cwd: process.cwd(),
    stdout: sink(stdout, env),
    stderr: sink(stderr, env),
    terminal,
    language: () => languageHere(env),
    bell: bell(
      async () => (await settings()).notify,
      () => terminal.canDraw && terminal.write("\u0007"),
    ),
    signal: interrupt.signal,
    now: () => Date.now(),
    connect: ({ start, note }) => connectOrStart({ start, onStart: () => note(say("daemon.starting")) }),
    // Adapters come with a validator and a YAML parser: loaded by the commands that read definitions, and no other.
    definitions: async () => (await import("./compose.ts")).composeDefinitions(env),
    agents: async () => (await import("./compose.ts")).composeAgents(env),
    keys: async (options) => (await import("./compose.ts")).composeKeys(env, options),
    ground: async (running) => (await import("./compose.ts")).composeGround(env, running),
    consent: {
      state: async () => consentState(await readConsent(placesHere(env).state)),
      give: (consent) => writeConsent(placesHere(env).state, consent),
      required: async () => (await settings()).consent === "required",
    },
    async close() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
      if (!gone) await Promise.all([flushed(stdout), flushed(stderr)]);
    },
  };
}

function sink(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Sink {
  return {
    write: (text) => void stream.write(text),
    columns: () => lookOf(stream, env).width,
    colour: lookOf(stream, env).colour,
  };
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write("", () => resolve());
  });
