import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect } from "../../src/cli/client.ts";
import type { StoredEvent } from "../../src/domain/event.ts";
import { SessionId } from "../../src/domain/ids.ts";
import { rawClient } from "../support/raw-client.ts";
import { type SocketDaemon, socketDaemon, throwawayHome } from "../support/socket-daemon.ts";
import { OTHER_RUN, RUN, stubLog } from "../support/stub-engine.ts";

let home: ReturnType<typeof throwawayHome>;
let daemon: SocketDaemon | undefined;
const stops: AbortController[] = [];

beforeEach(() => {
  home = throwawayHome();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort();
  await daemon?.close();
  daemon = undefined;
  home.remove();
});

const start = async (options: Parameters<typeof socketDaemon>[1] = {}): Promise<SocketDaemon> => {
  daemon = await socketDaemon(home.places, options);
  return daemon;
};
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => n + first);

/** Follows in the background; `seen` grows. */
const following = async (cursor: number | undefined, run?: string) => {
  const client = await connect(home.places.socket);
  const stop = new AbortController();
  stops.push(stop);
  const seen: number[] = [];
  const done = (async () => {
    for await (const event of client.follow(cursor, { signal: stop.signal, ...(run !== undefined && { run }) })) {
      seen.push(event.cursor);
    }
  })();
  return { client, seen, stop, done };
};

describe("a follower", () => {
  it("gets what was, then what comes, each once and in order", async () => {
    const { stub } = await start();
    stub.append(500);
    const { seen } = await following(100);
    await vi.waitFor(() => expect(seen).toHaveLength(400));
    stub.append(3);
    await vi.waitFor(() => expect(seen).toEqual(upTo(503, 101)));
  });

  it("without a cursor gets what comes from then on", async () => {
    const { stub } = await start();
    stub.append(5);
    const { seen } = await following(undefined);
    await vi.waitFor(() => expect(stub.followers()).toBe(1));
    stub.append(2);
    await vi.waitFor(() => expect(seen).toEqual([6, 7]));
  });

  it("of one run gets that run's events only, by a part of its id", async () => {
    const { stub } = await start();
    stub.append(2, { run: RUN });
    stub.append(2, { run: OTHER_RUN });
    stub.append(1, { run: RUN });
    const { seen } = await following(0, RUN.slice(-8));
    await vi.waitFor(() => expect(seen).toEqual([1, 2, 5]));
  });

  it("of a run that is not there, or could be several, is told", async () => {
    await start();
    await expect((await following(0, "01ZZZZ")).done).rejects.toMatchObject({ code: "run.not_found" });
    await expect((await following(0, "01J00")).done).rejects.toMatchObject({ code: "run.ambiguous" });
  });

  it("loses nothing and gets nothing twice while the daemon stops and comes back ten times", async () => {
    const stub = stubLog();
    await start({ stub });
    const { seen } = await following(0);
    const fromNow = await following(undefined);
    await vi.waitFor(() => expect(stub.followers()).toBe(2));
    let total = 0;
    for (let round = 0; round < 10; round += 1) {
      stub.append(50);
      await daemon?.close();
      stub.append(7);
      await start({ stub });
      stub.append(20);
      total += 77;
    }
    await vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(total), 15_000);
    await vi.waitFor(() => expect(fromNow.seen.length).toBeGreaterThanOrEqual(total), 15_000);
    expect(seen).toEqual(upTo(total));
    expect(fromNow.seen).toEqual(upTo(total));
  });

  it("gives up on a daemon that stays away, with the reason", async () => {
    await start();
    const client = await connect(home.places.socket);
    const events = client.follow(0, { patienceMs: 100 });
    await daemon?.close();
    daemon = undefined;
    await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "daemon.unreachable" });
  });

  it("that takes its time gets everything, and holds nobody up", async () => {
    const { stub } = await start();
    stub.append(5_000, { bytes: 1_000 });
    const client = await connect(home.places.socket);
    const slow: number[] = [];
    const quick = await following(0);
    const stop = new AbortController();
    for await (const event of client.follow(0, { signal: stop.signal })) {
      slow.push(event.cursor);
      if (slow.length === 1) await vi.waitFor(() => expect(quick.seen).toHaveLength(5_000), 10_000);
      if (slow.length === 5_000) stop.abort();
    }
    expect(slow).toEqual(upTo(5_000));
  });

  it("that stops leaves nothing behind in the daemon", async () => {
    const { stub } = await start();
    const { stop, done } = await following(0);
    await vi.waitFor(() => expect(stub.followers()).toBe(1));
    stop.abort();
    await done;
    await vi.waitFor(() => expect(stub.followers()).toBe(0));
  });
});

describe("a subscription", () => {
  const subscribe = (params: object) =>
    `${JSON.stringify({ jsonrpc: "2.0", id: "s", method: "events.subscribe", params })}\n`;

  it("is answered before its first event", async () => {
    const { stub } = await start();
    stub.append(2);
    const client = await rawClient(home.places.socket);
    client.send(subscribe({ cursor: 0 }));
    expect(await client.take(3)).toMatchObject([
      { id: "s", result: { subscription: 1, cursor: 0 } },
      { method: "events.event", params: { subscription: 1, event: { cursor: 1 } } },
      { method: "events.event", params: { subscription: 1, event: { cursor: 2 } } },
    ]);
  });

  it("of somebody who does not read is ended with the cursor to go on from, and nothing before it is missing", async () => {
    const { stub } = await start({ slowMs: 50 });
    stub.append(4_000, { bytes: 2_000 });
    const client = await rawClient(home.places.socket);
    client.socket.pause();
    client.send(subscribe({ cursor: 0 }));
    await vi.waitFor(() => expect(stub.followers()).toBe(1));
    await vi.waitFor(() => expect(stub.followers()).toBe(0));
    client.socket.resume();
    await vi.waitFor(() => expect(client.lines.at(-1)).toMatchObject({ method: "events.closed" }), 10_000);
    const cursors = client.lines
      .filter((line) => (line as { method?: string }).method === "events.event")
      .map((line) => (line as { params: { event: StoredEvent } }).params.event.cursor);
    expect(cursors.length).toBeLessThan(4_000);
    expect(cursors).toEqual(upTo(cursors.length));
    expect(client.lines.at(-1)).toMatchObject({
      params: { cursor: cursors.length, reason: "the follower does not read" },
    });
  });

  it("ends when it is told to, by its own connection only", async () => {
    const { stub } = await start();
    const owner = await rawClient(home.places.socket);
    const other = await rawClient(home.places.socket);
    owner.send(subscribe({ cursor: 0 }));
    await owner.take(1);
    const end = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "events.unsubscribe", params: { subscription: 1 } })}\n`;
    other.send(end);
    expect(await other.take(1)).toMatchObject([{ result: { ok: true } }]);
    stub.append(1);
    expect(await owner.take(1)).toMatchObject([{ method: "events.event" }]);
    owner.send(end);
    await vi.waitFor(() => expect(stub.followers()).toBe(0));
  });

  it("is told the reason and the cursor when the daemon stops", async () => {
    const { stub } = await start();
    const client = await rawClient(home.places.socket);
    client.send(subscribe({}));
    await client.take(1);
    stub.append(1);
    await client.take(1);
    await daemon?.close();
    daemon = undefined;
    expect(await client.take(1)).toMatchObject([
      { method: "events.closed", params: { cursor: 1, reason: "the daemon stops" } },
    ]);
  });
});

describe("what an agent says", () => {
  const SECRET = "sk-or-v1-fedcba9876543210fedcba9876543210";
  const of = (run: string, text: string, last = false) =>
    [
      { run, session: SessionId.parse(`${run.slice(0, -1)}S`) },
      { message: "1", text, last },
    ] as const;

  /** Follows a run in the background, or all of them; `heard` grows. */
  const hearing = async (run?: string) => {
    const client = await connect(home.places.socket);
    const stop = new AbortController();
    stops.push(stop);
    const heard: string[] = [];
    const onSaying = ({ text }: { text: string }) => void heard.push(text);
    void (async () => {
      for await (const _ of client.follow(0, { signal: stop.signal, onSaying, ...(run !== undefined && { run }) }));
    })();
    return heard;
  };

  it("is heard by who follows its run and wants to hear it, and by nobody else", async () => {
    const { stub, say } = await start();
    const [heard, elsewhere, everywhere] = [await hearing(RUN), await hearing(OTHER_RUN), await hearing()];
    const { seen } = await following(0, RUN);
    await vi.waitFor(() => expect(stub.followers()).toBe(4));
    say(...of(RUN, "one "));
    say(...of(RUN, "two", true));
    await vi.waitFor(() => expect(heard.join("")).toBe("one two"));
    say(...of(OTHER_RUN, "three", true));
    await vi.waitFor(() => expect(elsewhere).toEqual(["three"]));
    expect([everywhere, seen]).toEqual([[], []]);
  });

  it("holds no secret, wherever its pieces are cut", async () => {
    const { stub, say } = await start({ secrets: [SECRET] });
    const heard = await hearing(RUN);
    await vi.waitFor(() => expect(stub.followers()).toBe(1));
    for (const letter of `the key is ${SECRET}, as said`) say(...of(RUN, letter));
    say(...of(RUN, "", true));
    await vi.waitFor(() => expect(heard.join("")).toMatch(/^the key is .+, as said$/));
    expect(heard.join("")).not.toContain(SECRET.slice(9, 20));
    expect(heard.join("")).not.toContain(SECRET.slice(-12));
  });

  it("that breaks off in a secret shows nothing of it", async () => {
    const { stub, say } = await start({ secrets: [SECRET] });
    const heard = await hearing(RUN);
    await vi.waitFor(() => expect(stub.followers()).toBe(1));
    const [spec, piece] = of(RUN, `so ${SECRET.slice(0, 30)}`);
    say(spec, piece);
    say(spec, { message: "2", text: "again", last: true });
    await vi.waitFor(() => expect(heard.join("")).toContain("again"));
    expect(heard.join("")).not.toContain(SECRET.slice(9, 20));
  });
});
