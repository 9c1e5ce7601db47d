/** The holder as a program that plain Node can run, and a bare client of its socket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import type { HolderReady, HolderStart } from "../../src/adapters/terminals/pty-record.ts";
import {
  type AnswerFrame,
  type AskFrame,
  type ClientFrame,
  encodeFrame,
  type HolderFrame,
  holderFrame,
  lineSplitter,
} from "../../src/domain/terminal-frame.ts";

const require = createRequire(import.meta.url);

/** Bundles the holder into `directory` and gives the command that runs it: no loader, no second process beside it. */
export async function buildHolder(directory: string): Promise<readonly string[]> {
  return [process.execPath, await bundle("../../src/adapters/terminals/pty-holder.ts", join(directory, "holder.mjs"))];
}

/** A TypeScript program of the tests as one file that plain Node runs. */
export async function bundle(source: string, outfile: string): Promise<string> {
  await build({
    entryPoints: [new URL(source, import.meta.url).pathname],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [
      {
        name: "node-pty stays where its binary is",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^node-pty$/ }, () => ({ path: require.resolve("node-pty"), external: true })),
      },
    ],
  });
  return outfile;
}

/** Starts a holder as the daemon does. */
export async function startHolder(holder: readonly string[], start: HolderStart) {
  mkdirSync(start.directory, { recursive: true, mode: 0o700 });
  const [command = "", ...args] = holder;
  const child = spawn(command, args, { detached: true, stdio: ["pipe", "pipe", "inherit"], env: {} });
  child.stdin.end(JSON.stringify(start));
  let said = "";
  for await (const text of child.stdout.setEncoding("utf8")) {
    said += text;
    if (said.includes("\n")) break;
  }
  return { child, ready: JSON.parse(said) as HolderReady };
}

export interface BareClient {
  readonly frames: readonly HolderFrame[];
  /** Output received so far. */
  readonly text: string;
  readonly position: number;
  readonly socket: Socket;
  send(frame: ClientFrame): void;
  ask(frame: DistributiveOmit<AskFrame, "id">): Promise<AnswerFrame>;
  /** Resolves once `found` says yes to what has arrived. */
  until(found: (client: BareClient) => boolean): Promise<void>;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export async function bareClient(
  path: string,
  hello: Extract<ClientFrame, { t: "hello" }>,
  acking = hello.role === "daemon",
): Promise<BareClient> {
  const socket = connect(path);
  await once(socket, "connect");
  // A holder that ends with something unread resets the connection; `close` follows and is what counts.
  socket.on("error", () => {});
  const frames: HolderFrame[] = [];
  const output: Buffer[] = [];
  let position = hello.from;
  let asked = 0;
  const watchers = new Set<() => void>();
  const split = lineSplitter((line) => {
    const frame = holderFrame(line);
    frames.push(frame);
    if (frame.t === "output") {
      const bytes = Buffer.from(frame.data, "base64");
      if (frame.at !== position) throw new Error(`expected output from ${position}, got ${frame.at}`);
      output.push(bytes);
      position += bytes.length;
      if (acking) client.send({ t: "ack", to: position });
    } else if (frame.t === "gap") position = frame.to;
    else if (frame.t === "welcome") position = frame.from;
    for (const watcher of watchers) watcher();
  });
  socket.setEncoding("utf8").on("data", split);
  const client: BareClient = {
    frames,
    get text() {
      return Buffer.concat(output).toString("utf8");
    },
    get position() {
      return position;
    },
    socket,
    send: (frame) => socket.write(encodeFrame(frame)),
    async ask(frame) {
      const id = ++asked;
      client.send({ ...frame, id } as AskFrame);
      const answer = () => frames.find((one): one is AnswerFrame => one.t === "answer" && one.id === id);
      await client.until(() => answer() !== undefined);
      return answer() as AnswerFrame;
    },
    until: (found) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!found(client)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        socket.once("close", () => found(client) || reject(new Error("the holder closed the connection")));
        look();
      }),
  };
  socket.write(encodeFrame(hello));
  await client.until(() => frames.some(({ t }) => t === "welcome"));
  return client;
}
