/** Nothing that a client sends ends the daemon or disturbs another client: a hundred thousand frames of rubbish, from one seed. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLink } from "../../src/protocol/link.ts";
import { METHODS } from "../../src/protocol/methods.ts";
import { type SocketDaemon, socketDaemon, throwawayHome } from "../support/socket-daemon.ts";

const FRAMES = 100_000;
const CONNECTIONS = 20;
const SEED = 20_261_121;

/** Mulberry32: small, and the same everywhere. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const METHOD_NAMES = Object.keys(METHODS).filter((name) => name !== "daemon.shutdown");
const ODD: unknown[] = [
  null,
  true,
  -1,
  1e308,
  "",
  "한국어\u2028\0",
  "x".repeat(5_000),
  [],
  {},
  [[]],
  { __proto__: null },
  "../../etc",
];

function frames(random: () => number) {
  const below = (n: number) => Math.floor(random() * n);
  const of = <T>(all: readonly T[]): T => all[below(all.length)] as T;
  const odd = (): unknown =>
    random() < 0.2 ? Object.fromEntries([[of(["run", "id", "method", "__proto__"]), of(ODD)]]) : of(ODD);
  const request = () => ({
    jsonrpc: random() < 0.9 ? "2.0" : odd(),
    id: random() < 0.8 ? below(1_000) : odd(),
    method: random() < 0.8 ? of(METHOD_NAMES) : odd(),
    params: random() < 0.5 ? { [of(["run", "session", "goal", "cursor", "limit", "by"])]: odd() } : odd(),
  });
  const kinds: (() => Buffer)[] = [
    () => Buffer.from(Array.from({ length: below(200) }, () => below(256))),
    () => Buffer.from(JSON.stringify(request())),
    () => Buffer.from(JSON.stringify(request()).slice(0, below(60))),
    () => Buffer.from(JSON.stringify(Array.from({ length: below(5) }, request))),
    () => Buffer.from("[".repeat(below(2_000)) + "]".repeat(below(2_000))),
    () => Buffer.from(`{"jsonrpc":"2.0","id":${"9".repeat(below(400) + 1)},"method":"daemon.ping"}`),
    () => Buffer.from(JSON.stringify(odd())),
  ];
  return () => Buffer.concat([of(kinds)(), Buffer.from(random() < 0.97 ? "\n" : "")]);
}

describe("the socket under rubbish", { timeout: 120_000 }, () => {
  let home: ReturnType<typeof throwawayHome>;
  let daemon: SocketDaemon;
  beforeEach(async () => {
    home = throwawayHome();
    daemon = await socketDaemon(home.places);
  });
  afterEach(async () => {
    await daemon.close();
    home.remove();
  });

  it(`answers others as ever through ${FRAMES} frames, and nothing of it breaks a handler`, async () => {
    const next = frames(numbers(SEED));
    const good = await openLink(home.places.socket);
    let answered = 0;
    for (let n = 0; n < CONNECTIONS; n += 1) {
      const socket = connect(home.places.socket);
      socket.resume();
      socket.on("error", () => {}); // it is dropped in the middle, as clients are
      await once(socket, "connect");
      for (let sent = 0; sent < FRAMES / CONNECTIONS; sent += 1) {
        let room = true;
        const written = new Promise<void>((done) => {
          room = socket.write(next(), () => done());
        });
        if (!room) await written;
        if (sent % 500 === 0 && (await good.call("daemon.ping", {})).pid === process.pid) answered += 1;
      }
      if (n % 2 === 0) socket.destroy();
      else socket.end();
    }
    // One huge line without an end, longer than any request may be.
    const huge = connect(home.places.socket);
    huge.resume();
    huge.on("error", () => {});
    await once(huge, "connect");
    huge.end(Buffer.alloc(3 * 1024 * 1024, "x"));
    await once(huge, "close");

    expect(answered).toBe((FRAMES / CONNECTIONS / 500) * CONNECTIONS);
    expect(await good.call("daemon.ping", {})).toMatchObject({ pid: process.pid });
    good.close();
    expect(daemon.journal.filter(({ level }) => level === "error")).toEqual([]);
    expect(daemon.shutdowns()).toBe(0);
  });
});
