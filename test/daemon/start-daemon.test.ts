import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectOrStart } from "../../src/cli/start-daemon.ts";
import { type DevflowdHome, devflowdHome, STUB_DEVFLOWD } from "../support/devflowd.ts";

let home: DevflowdHome;
beforeEach(() => {
  home = devflowdHome();
});
afterEach(() => home.remove());

describe("a client that finds no daemon", { timeout: 60_000 }, () => {
  const open = (start: boolean, more: Record<string, string> = {}) => {
    const notes: string[] = [];
    const env = { ...process.env, ...home.env, ...more };
    return {
      notes,
      client: connectOrStart({ env, start, onStart: () => notes.push("starting"), devflowd: STUB_DEVFLOWD }),
    };
  };

  it("starts one, says so, and asks it; the next client finds it", async () => {
    const first = open(true);
    const client = await first.client;
    expect(first.notes).toEqual(["starting"]);
    const { pid } = await client.call("daemon.ping", {});
    expect(home.holder()).toBe(pid);
    client.close();
    const second = open(true);
    expect(await (await second.client).call("daemon.ping", {})).toMatchObject({ pid });
    expect(second.notes).toEqual([]);
    (await second.client).close();
  });

  it("starts none when it may not", async () => {
    const { notes, client } = open(false);
    await expect(client).rejects.toMatchObject({ code: "daemon.unreachable", exit: 3 });
    expect(notes).toEqual([]);
    expect(home.holder()).toBeUndefined();
  });

  it("tells why the daemon did not start", async () => {
    await expect(open(true, { STUB_FAILS: "compose" }).client).rejects.toMatchObject({
      code: "daemon.start_failed",
      message: expect.stringContaining("the stub was told to fail"),
    });
  });

  it("of several at once makes one daemon for all", async () => {
    const clients = await Promise.all([1, 2, 3].map(() => open(true).client));
    const pids = await Promise.all(clients.map(async (client) => (await client.call("daemon.ping", {})).pid));
    expect(new Set(pids)).toEqual(new Set([home.holder()]));
    for (const client of clients) client.close();
  });
});
