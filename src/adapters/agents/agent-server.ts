/** An agent's own server beside its terminal: on loopback, behind a password that devflow has made. */
import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { jsonOf } from "../../domain/json-text.ts";

const HERE = "127.0.0.1";
const SERVER = "server.json";

/** It answers at once, or is stuck. */
const ANSWER_MS = 5_000;
/** A longer answer is not read: a conversation is a few megabytes at most. */
const MOST_BYTES = 64 * 1024 * 1024;

const Server = z.object({ port: z.int(), password: z.string() });

/** How it is asked. */
export interface Asking {
  host: string;
  port: number;
  auth: string;
}

/** What one that is about to be started has to use. Whoever takes the session over finds it in the folder. */
export async function newServer(folder: string): Promise<z.infer<typeof Server>> {
  const server = { port: await freePort(), password: randomBytes(24).toString("base64url") };
  const file = join(folder, SERVER);
  await writeFile(`${file}.new`, JSON.stringify(server), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return server;
}

/** The one that belongs to the folder; undefined where there is none. */
export async function asking(folder: string, { user }: { user: string }): Promise<Asking | undefined> {
  const known = Server.safeParse(jsonOf(await readFile(join(folder, SERVER), "utf8").catch(() => "")));
  return known.success ? { host: HERE, port: known.data.port, auth: `${user}:${known.data.password}` } : undefined;
}

/** What it answers at a path, as a text; undefined when it does not. */
export const answerAt = (server: Asking, path: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const request = get({ ...server, path, agent: false, signal: AbortSignal.timeout(ANSWER_MS) });
    request.on("error", () => resolve(undefined));
    request.on("response", (response) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on("error", () => resolve(undefined)).on("close", () => resolve(undefined));
      if (response.statusCode !== 200) return void response.destroy();
      response.on("data", (piece: Buffer) => {
        pieces.push(piece);
        bytes += piece.length;
        if (bytes > MOST_BYTES) response.destroy();
      });
      response.on("end", () => resolve(Buffer.concat(pieces).toString()));
    });
  });

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, HERE, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
