import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect } from "../../src/cli/client.ts";
import { SMALL_HEAP } from "../../src/daemon/memory.ts";
import { findDaemon } from "../../src/protocol/find-daemon.ts";
import { placesHere } from "../../src/protocol/here.ts";
import { readInstance } from "../../src/protocol/instance-record.ts";
import { type DevflowdHome, devflowdHome } from "../support/devflowd.ts";

/** Real processes that compile TypeScript as they start, several at once on two cores. */
const WAIT = { timeout: 25_000, interval: 20 };

let home: DevflowdHome;
beforeEach(() => {
  home = devflowdHome();
});
afterEach(() => home.remove());

const ping = async () => {
  const client = await connect(home.places.socket);
  const { pid } = await client.call("daemon.ping", {});
  client.close();
  return pid;
};

describe("devflowd", { timeout: 90_000 }, () => {
  it("starts in the background, shows its status, stops, and leaves nothing behind", async () => {
    const started = await home.devflowd(["start"]);
    expect(started).toMatchObject({ code: 0, err: "" });
    const pid = await ping();
    expect(started.out).toBe(`devflowd runs (pid ${pid})\n`);
    expect(readInstance(home.places)).toMatchObject({ pid, socket: home.places.socket });
    const line = execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" });
    expect(line).toContain(SMALL_HEAP.join(" "));

    const status = await home.devflowd(["status", "--json"]);
    expect(JSON.parse(status.out)).toMatchObject({ pid, host: "none", socket: home.places.socket });
    expect(await home.devflowd(["status"])).toMatchObject({ code: 0, out: expect.stringContaining(`pid ${pid}`) });

    expect(await home.devflowd(["start"])).toMatchObject({ code: 5, err: expect.stringContaining(`pid ${pid}`) });

    expect(await home.devflowd(["stop"])).toMatchObject({ code: 0, out: `devflowd (pid ${pid}) has stopped\n` });
    expect(home.holder()).toBeUndefined();
    expect(existsSync(home.places.socket)).toBe(false);
    expect(readInstance(home.places)).toBeUndefined();
    expect(home.log()).toMatch(
      /"started"[\s\S]*stub: start[\s\S]*"stopping"[\s\S]*stub: drain[\s\S]*stub: close[\s\S]*"stopped"/,
    );
    expect(await home.devflowd(["stop"])).toMatchObject({ code: 0, out: "no daemon runs here\n" });
    expect(await home.devflowd(["status", "--json"])).toMatchObject({
      code: 3,
      err: expect.stringContaining('"daemon.unreachable"'),
    });
  });

  it("runs once however many are started at the same time", async () => {
    const all = Array.from({ length: 10 }, () => home.spawn(["start", "--foreground"]));
    const codes = all.map(async (child) => ((await once(child, "exit")) as [number])[0]);
    const pid = await vi.waitFor(ping, WAIT);
    const winner = all.findIndex((child) => child.pid === pid);
    const losers = codes.filter((_, at) => at !== winner);
    expect(await Promise.all(losers)).toEqual(Array(9).fill(5));
    expect(await ping()).toBe(pid);
    all[winner]?.kill("SIGTERM");
    expect(await codes[winner]).toBe(0);
  });

  it("is one daemon for all who start it in the background at the same time", async () => {
    const all = await Promise.all([1, 2, 3].map(() => home.devflowd(["start"])));
    const pid = await ping();
    for (const { code, out } of all)
      expect([code, out]).toEqual(code === 5 ? [5, ""] : [0, `devflowd runs (pid ${pid})\n`]);
    expect(all.some(({ code }) => code === 0)).toBe(true);
    // Nobody is left in the background who would take over.
    await home.devflowd(["stop"]);
    expect(home.holder()).toBeUndefined();
    expect(home.log().match(/"msg":"started"/g)).toHaveLength(1);
  });

  it("starts again over what a killed one left", async () => {
    await home.devflowd(["start"]);
    const killed = await ping();
    process.kill(killed, "SIGKILL");
    await vi.waitFor(() => expect(home.holder()).toBeUndefined(), WAIT);
    expect(existsSync(home.places.socket)).toBe(true);
    expect(await home.devflowd(["start"])).toMatchObject({ code: 0 });
    expect(await ping()).not.toBe(killed);
  });

  it("is replaced by restart", async () => {
    await home.devflowd(["start"]);
    const before = await ping();
    expect(await home.devflowd(["restart"])).toMatchObject({ code: 0 });
    expect(await ping()).not.toBe(before);
  });

  it("stays when restart finds that another one could not come up", async () => {
    await home.devflowd(["start"]);
    const before = await ping();
    mkdirSync(home.places.config, { recursive: true });
    writeFileSync(join(home.places.config, "devflow.yaml"), "runs: {\n");
    const { code, err } = await home.devflowd(["restart"]);
    expect(code).toBe(8);
    expect(err).toContain("devflow.yaml");
    expect(await ping()).toBe(before);
  });

  it("stops on SIGTERM after its drain, and at once on the second", async () => {
    const draining = `${home.home}/draining`;
    writeFileSync(draining, "");
    const child = home.spawn(["start", "--foreground"], { STUB_DRAINS: draining });
    await vi.waitFor(ping, WAIT);
    child.kill("SIGTERM");
    await vi.waitFor(() => expect(home.log()).toContain("stub: drain"), WAIT);
    expect(await ping()).toBe(child.pid);
    const ended = once(child, "exit");
    child.kill("SIGINT");
    expect(await ended).toEqual([1, null]);
    expect(home.log()).not.toContain("stub: close");

    const patient = home.spawn(["start", "--foreground"], { STUB_DRAINS: draining });
    await vi.waitFor(ping, WAIT);
    patient.kill("SIGTERM");
    await vi.waitFor(() => expect(home.log().match(/stub: drain/g)).toHaveLength(2), WAIT);
    rmSync(draining);
    expect(await once(patient, "exit")).toEqual([0, null]);
    expect(home.log()).toContain("stub: close");
  });

  it("that cannot start says why, in the words of what failed", async () => {
    expect(await home.devflowd(["start"], { STUB_FAILS: "compose" })).toMatchObject({
      code: 3,
      err: expect.stringContaining(
        "the daemon did not start: something broke inside devflow: Error: the stub was told to fail",
      ),
    });
    expect(home.holder()).toBeUndefined();
    expect(await home.devflowd(["start"], { STUB_FAILS: "node" })).toMatchObject({
      code: 3,
      err: expect.stringContaining("the daemon did not start: Assertion failed: (env) != nullptr"),
    });
    const long = `${home.home}/${"길".repeat(60)}`;
    expect(await home.devflowd(["start"], { DEVFLOW_RUNTIME_DIR: long })).toMatchObject({
      code: 2,
      err: expect.stringContaining("the system cuts paths over 103"),
    });
  });

  it("ends with a defect that nobody caught, and the journal has it", async () => {
    const child = home.spawn(["start", "--foreground"], { STUB_FAILS: "start" });
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(home.log()).toContain("a defect in the stub");
  });

  it("keeps tracing variables from its libraries and secrets from its journal", async () => {
    await home.devflowd(["start"], {
      LANGSMITH_API_KEY: "x",
      LANGCHAIN_TRACING_V2: "true",
      STUB_TOKEN: "hunter2-hunter2",
    });
    const log = await vi.waitFor(() => {
      expect(home.log()).toContain("stub: start");
      return home.log();
    }, WAIT);
    expect(log).not.toContain("tracing is on");
    expect(log).toContain("[redacted]");
    expect(log).not.toContain("hunter2");
    expect(statSync(`${home.places.state}/devflowd.log`).mode & 0o077).toBe(0);
    const shown = await home.devflowd(["logs"]);
    expect(shown.out).toMatch(/info {2}started version=/);
    expect((await home.devflowd(["logs", "--json"])).out.split("\n")[0]).toMatch(/^\{"level":30/);
  });

  it("can be reached again when its socket was swept away, and stops when its home was", async () => {
    const child = home.spawn(["start", "--foreground"]);
    await vi.waitFor(ping, WAIT);
    rmSync(home.places.runtime, { recursive: true });
    expect(await vi.waitFor(ping, WAIT)).toBe(child.pid);
    const ended = once(child, "exit");
    rmSync(home.home, { recursive: true });
    expect(await ended).toEqual([0, null]);
  });

  it("is found by a client that looks for its socket elsewhere", async () => {
    await home.devflowd(["start"]);
    const elsewhere = placesHere({ ...home.env, DEVFLOW_RUNTIME_DIR: `${home.home}/other` });
    const found = await findDaemon(elsewhere);
    expect(found?.socket).toBe(home.places.socket);
    found?.link.close();
    expect(await home.devflowd(["start"], { DEVFLOW_RUNTIME_DIR: `${home.home}/other` })).toMatchObject({ code: 5 });
  });

  it("tells wrong usage from its commands", async () => {
    expect(await home.devflowd([])).toMatchObject({ code: 2 });
    expect(await home.devflowd(["dance"])).toMatchObject({ code: 2, err: expect.stringContaining("no command dance") });
    expect(await home.devflowd(["start", "--nope"])).toMatchObject({ code: 2 });
    expect(await home.devflowd(["--help"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("devflowd restart"),
    });
  });
});
