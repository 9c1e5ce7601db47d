import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeGuarded } from "../../src/daemon/socket-server.ts";
import { Failure } from "../../src/domain/failure.ts";
import { MAX_REQUEST_BYTES } from "../../src/protocol/frame.ts";
import { placesHere } from "../../src/protocol/here.ts";
import { openLink } from "../../src/protocol/link.ts";
import { METHODS } from "../../src/protocol/methods.ts";
import { rawClient } from "../support/raw-client.ts";
import { type SocketDaemon, socketDaemon, throwawayHome } from "../support/socket-daemon.ts";

let home: ReturnType<typeof throwawayHome>;
let daemon: SocketDaemon | undefined;

beforeEach(() => {
  home = throwawayHome();
});
afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
  home.remove();
});

const start = async (options: Parameters<typeof socketDaemon>[1] = {}): Promise<SocketDaemon> => {
  daemon = await socketDaemon(home.places, options);
  return daemon;
};
const request = (id: unknown, method: string, params?: unknown) =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;

describe("the socket", () => {
  it("can be reached by its user alone", async () => {
    await start();
    expect(lstatSync(home.places.socket).mode & 0o777).toBe(0o600);
    expect(lstatSync(home.places.runtime).mode & 0o777).toBe(0o700);
  });

  it("is gone when the daemon has stopped", async () => {
    const running = await start();
    await running.close();
    daemon = undefined;
    expect(existsSync(home.places.socket)).toBe(false);
  });

  it("that a killed daemon left behind is replaced", async () => {
    makeGuarded(home.places);
    const { socket } = home.places;
    const left = createServer();
    await new Promise<void>((resolve) => left.listen(socket, resolve));
    // Closing a server unlinks its path: with the file moved away meanwhile, what stays is a socket that nobody answers on.
    renameSync(socket, `${socket}.kept`);
    await new Promise((resolve) => left.close(resolve));
    renameSync(`${socket}.kept`, socket);
    await start();
    const link = await openLink(socket);
    expect(await link.call("daemon.ping", {})).toMatchObject({ pid: process.pid });
    link.close();
  });

  it("on which somebody answers is left alone, and the daemon's pid is told", async () => {
    await start();
    await expect(socketDaemon(home.places)).rejects.toMatchObject({
      code: "daemon.already_running",
      params: { pid: process.pid },
    });
    const link = await openLink(home.places.socket);
    expect(await link.call("daemon.ping", {})).toMatchObject({ pid: process.pid });
    link.close();
  });

  it("is not made in a directory that others can reach, own or that is a link", async () => {
    const { runtime } = home.places;
    mkdirSync(runtime, { mode: 0o755 });
    chmodSync(runtime, 0o755);
    await expect(start()).rejects.toMatchObject({ code: "socket.unsafe_directory" });
    expect(existsSync(home.places.socket)).toBe(false);
    rmSync(runtime, { recursive: true });
    mkdirSync(`${home.home}/elsewhere`, { mode: 0o700 });
    symlinkSync(`${home.home}/elsewhere`, runtime);
    await expect(start()).rejects.toMatchObject({ code: "socket.unsafe_directory" });
    rmSync(runtime);
    writeFileSync(runtime, "");
    await expect(start()).rejects.toBeInstanceOf(Error);
  });

  it("is made again when its file was removed, and who was connected stays so", async () => {
    const running = await start();
    const before = await openLink(home.places.socket);
    expect(await running.repair()).toBe(false);
    rmSync(home.places.runtime, { recursive: true });
    expect(await running.repair()).toBe(true);
    const after = await openLink(home.places.socket);
    expect(await before.call("daemon.ping", {})).toEqual(await after.call("daemon.ping", {}));
    expect(lstatSync(home.places.socket).mode & 0o777).toBe(0o600);
    before.close();
    after.close();
  });

  it("of a path that the system would cut is refused", async () => {
    const places = placesHere({ DEVFLOW_RUNTIME_DIR: `${home.home}/${"길".repeat(40)}` });
    await expect(socketDaemon(places)).rejects.toMatchObject({ code: "socket.path_too_long" });
  });
});

describe("a request", () => {
  it("is answered by its id, with defaults filled in and the result as the engine gave it", async () => {
    const asked: unknown[] = [];
    await start({
      engine: {
        list: async (params) => {
          asked.push(params);
          return { runs: [] };
        },
      },
    });
    const client = await rawClient(home.places.socket);
    client.send(request("a", "run.list", { active: true }), request(2, "run.list"));
    expect(await client.take(2)).toEqual([
      { jsonrpc: "2.0", id: "a", result: { runs: [] } },
      { jsonrpc: "2.0", id: 2, result: { runs: [] } },
    ]);
    expect(asked).toEqual([{ limit: 20, active: true }, { limit: 20 }]);
  });

  it("that is wrong gets the error that JSON-RPC has for it, and the connection goes on", async () => {
    await start();
    const client = await rawClient(home.places.socket);
    const errors = async (...bytes: (string | Uint8Array)[]) => {
      client.send(...bytes);
      const [line] = await client.take(1);
      const { id, error } = line as { id: unknown; error: { code: number; data: { code: string; message: string } } };
      return [id, error.code, error.data.code];
    };
    expect(await errors("{no json\n")).toEqual([null, -32700, "protocol.parse"]);
    expect(await errors(new Uint8Array([0x7b, 0xff, 0x0a]))).toEqual([null, -32700, "protocol.parse"]);
    expect(await errors('{"id":7,"method":"daemon.ping"}\n')).toEqual([7, -32600, "protocol.invalid_request"]);
    expect(await errors("[]\n")).toEqual([null, -32600, "protocol.invalid_request"]);
    expect(await errors(request(1, "no.such"))).toEqual([1, -32601, "protocol.unknown_method"]);
    expect(await errors(request(1, "__proto__"))).toEqual([1, -32601, "protocol.unknown_method"]);
    expect(await errors(request(1, "run.list", { limit: 0 }))).toEqual([1, -32602, "protocol.invalid_params"]);
    expect(await errors(request(1, "run.list", { limt: 1 }))).toEqual([1, -32602, "protocol.invalid_params"]);
    expect(await errors(request(1, "run.list", [1]))).toEqual([1, -32602, "protocol.invalid_params"]);
    expect(await errors(request(1, "run.show", { run: "nope" }))).toEqual([1, -32000, "run.not_found"]);
    expect(await errors(`"${"x".repeat(MAX_REQUEST_BYTES)}"\n`)).toEqual([null, -32600, "protocol.too_large"]);
    client.send(request(1, "daemon.ping"));
    expect(await client.take(1)).toMatchObject([{ id: 1, result: { pid: process.pid } }]);
  });

  it("that breaks the engine is an internal error with the details in the journal only", async () => {
    const running = await start({
      engine: {
        list: async () => {
          throw new TypeError("undefined is not a run");
        },
        diff: async () => ({ run: "r", diff: 1n }) as never,
      },
    });
    const client = await rawClient(home.places.socket);
    client.send(request(1, "run.list"), request(2, "run.diff", { run: "abcd" }));
    expect(await client.take(2)).toMatchObject([
      { id: 1, error: { code: -32603, data: { code: "internal" } } },
      { id: 2, error: { code: -32603, data: { code: "internal" } } },
    ]);
    expect(JSON.stringify(client.lines)).not.toContain(import.meta.filename);
    expect(running.journal).toMatchObject([
      { level: "error", fields: { method: "run.list" } },
      { level: "error", fields: { method: "run.diff" } },
    ]);
  });

  it("in a batch is answered in the batch's one array; notifications are done and not answered", async () => {
    let paused = 0;
    await start({
      engine: {
        pause: async () => {
          paused += 1;
        },
      },
    });
    const client = await rawClient(home.places.socket);
    const note = { jsonrpc: "2.0", method: "daemon.pause", params: {} };
    client.send(`${JSON.stringify([note, { jsonrpc: "2.0", id: 1, method: "daemon.ping" }, 5])}\n`);
    expect(await client.take(1)).toMatchObject([
      [
        { id: 1, result: {} },
        { id: null, error: { code: -32600 } },
      ],
    ]);
    client.send(`${JSON.stringify(note)}\n`, `${JSON.stringify([note])}\n`, request(2, "daemon.ping"));
    expect(await client.take(1)).toMatchObject([{ id: 2 }]);
    expect(paused).toBe(3);
    const many = Array.from({ length: 101 }, (_, id) => ({ jsonrpc: "2.0", id, method: "daemon.ping" }));
    client.send(`${JSON.stringify(many)}\n`);
    expect(await client.take(1)).toMatchObject([{ id: null, error: { code: -32600 } }]);
  });

  it("is answered after the client has closed its sending side", async () => {
    await start();
    const client = await rawClient(home.places.socket);
    client.socket.end(request(1, "daemon.ping"));
    expect(await client.take(1)).toMatchObject([{ id: 1, result: {} }]);
    await vi.waitFor(() => expect(client.closed()).toBe(true));
  });

  it("that begins work is refused while the daemon stops; looking is not", async () => {
    await start({ stopping: () => true });
    const link = await openLink(home.places.socket);
    await expect(link.call("run.start", { template: "t", goal: "g", repo: "/r" })).rejects.toMatchObject({
      code: "daemon.stopping",
      exit: 3,
    });
    expect(await link.call("run.list", {})).toEqual({ runs: [] });
    link.close();
  });

  it("to shut down is answered before the shutdown begins", async () => {
    const running = await start();
    const link = await openLink(home.places.socket);
    expect(await link.call("daemon.shutdown", {})).toEqual({ ok: true });
    await vi.waitFor(() => expect(running.shutdowns()).toBe(1));
    link.close();
  });

  it("for the method table gets every method with schemas", async () => {
    await start();
    const link = await openLink(home.places.socket);
    const methods = await link.call("daemon.methods", {});
    expect(methods.map(({ method }) => method)).toEqual(Object.keys(METHODS));
    expect(await link.call("daemon.methods", { method: "run.show" })).toMatchObject([
      { method: "run.show", params: { type: "object", required: ["run"] } },
    ]);
    link.close();
  });
});

describe("many clients", () => {
  it("are served at once", async () => {
    const running = await start();
    const links = await Promise.all(Array.from({ length: 150 }, () => openLink(home.places.socket)));
    const answers = await Promise.all(links.map((link) => link.call("daemon.status", {})));
    expect(answers).toHaveLength(150);
    expect(running.connections()).toBe(150);
    for (const link of links) link.close();
    await vi.waitFor(() => expect(running.connections()).toBe(0));
  });

  it("do not notice one that sends thousands of broken frames", async () => {
    await start();
    const polite = await openLink(home.places.socket);
    const rude = await rawClient(home.places.socket);
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    const pieces = [
      '{"jsonrpc":"2.0"',
      ',"id":',
      '"method"',
      ":",
      "{}",
      "[[[[",
      "]]",
      "\n",
      "null",
      "\u2028",
      '"',
      "\\u",
      "run.list",
      "1e999",
    ];
    const whole = [request(null, "daemon.ping"), request(1, "run.start", { template: 5 }), "[1,2,3]\n", "{}\n"];
    for (let frame = 0; frame < 4_000; frame += 1) {
      if (frame % 3 === 0)
        rude.send(
          Uint8Array.from({ length: random(30) }, () => random(256)),
          "\n",
        );
      else if (frame % 3 === 1)
        rude.send(Array.from({ length: random(12) }, () => pieces[random(pieces.length)]).join(""), "\n");
      else rude.send(whole[random(whole.length)] ?? "");
      if (frame % 500 === 0) expect(await polite.call("daemon.ping", {}, 5_000)).toMatchObject({ pid: process.pid });
    }
    rude.send(request("last", "daemon.ping"));
    await vi.waitFor(() => expect(rude.lines.at(-1)).toMatchObject({ id: "last", result: {} }), 20_000);
    rude.socket.destroy();
    expect(await polite.call("daemon.ping", {}, 5_000)).toMatchObject({ pid: process.pid });
    polite.close();
  });

  it("that ask and never read are not read from for ever", async () => {
    let asked = 0;
    await start({
      engine: {
        diff: async ({ run }) => {
          asked += 1;
          return { run, diff: "x".repeat(64 * 1024) };
        },
      },
    });
    const greedy = await rawClient(home.places.socket);
    greedy.socket.pause();
    const sent = 20_000;
    for (let n = 0; n < sent; n += 1) greedy.send(request(n, "run.diff", { run: "abcd" }));
    const polite = await openLink(home.places.socket);
    let before = -1;
    await vi.waitFor(async () => {
      await polite.call("daemon.ping", {}, 5_000);
      const same = asked === before;
      before = asked;
      expect(same).toBe(true);
    });
    // What was in one chunk is answered; the next chunk is not read.
    expect(asked).toBeLessThan(sent / 10);
    greedy.socket.destroy();
    polite.close();
  });
});

describe("a link", () => {
  it("that loses its daemon tells who waits, once", async () => {
    const server = createServer((socket) => socket.once("data", () => socket.destroy()));
    makeGuarded(home.places);
    await new Promise<void>((resolve) => server.listen(home.places.socket, resolve));
    const link = await openLink(home.places.socket);
    await expect(link.call("daemon.ping", {})).rejects.toMatchObject({ code: "daemon.unreachable", exit: 3 });
    await link.ended;
    await expect(link.call("daemon.ping", {})).rejects.toBeInstanceOf(Failure);
    await new Promise((resolve) => server.close(resolve));
  });

  it("to a daemon that hangs says so after its time", async () => {
    const server = createServer((socket) => socket.resume());
    makeGuarded(home.places);
    await new Promise<void>((resolve) => server.listen(home.places.socket, resolve));
    const link = await openLink(home.places.socket);
    await expect(link.call("daemon.ping", {}, 20)).rejects.toMatchObject({ code: "daemon.unresponsive" });
    link.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
