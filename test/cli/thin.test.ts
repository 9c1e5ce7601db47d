import { spawn } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { understood } from "../../src/cli/thin/main.ts";
import type { Ran } from "../support/devflowd.ts";
import { TSX } from "../support/devflowd.ts";
import { type SocketDaemon, socketDaemon, throwawayHome } from "../support/socket-daemon.ts";

const means = (line: string) => {
  const found = understood(line.split(" "));
  return found && { name: found.command.name, input: found.input, start: found.start };
};

describe("the thin client", () => {
  it("understands the few commands that it performs itself", () => {
    expect(means("ctl status")).toEqual({ name: "status", input: {}, start: true });
    expect(means("ctl --json ping --no-start")).toEqual({ name: "ping", input: {}, start: false });
    expect(means("runs list --active")).toEqual({ name: "list", input: { active: true }, start: true });
    expect(means("sessions list -a --json")).toEqual({ name: "list", input: { all: true }, start: true });
    expect(means("attach 7K2M -r")).toEqual({
      name: "attach",
      input: { session: "7K2M", readOnly: true },
      start: true,
    });
  });

  it("leaves everything else to the full client, and what it does not know of its own commands too", () => {
    for (const line of [
      "",
      "--help",
      "ctl",
      "ctl status --help",
      "ctl status now",
      "ctl statusx",
      "runs list --limit 5",
      "runs list -n5",
      "runs show abcd",
      "sessions list --run abcd",
      "attach",
      "attach a b",
      "attach a --force",
      "run list",
    ]) {
      expect([line, understood(line === "" ? [] : line.split(" "))]).toEqual([line, undefined]);
    }
  });
});

describe("devflow", { timeout: 30_000 }, () => {
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

  const devflow = (...args: string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const program = `${import.meta.dirname}/../support/thin-devflow.ts`;
      const child = spawn(process.execPath, ["--import", TSX, program, ...args], {
        env: { ...process.env, ...home.env },
      });
      const ran: Ran = { code: null, out: "", err: "" };
      child.stdout.on("data", (chunk) => {
        ran.out += chunk;
      });
      child.stderr.on("data", (chunk) => {
        ran.err += chunk;
      });
      child.once("close", (code) => resolve({ ...ran, code }));
    });

  it("asks the daemon and prints what it says, for people and for programs", async () => {
    daemon = await socketDaemon(home.places);
    expect(JSON.parse((await devflow("ctl", "ping", "--json")).out)).toEqual({ pid: process.pid, version: "0.0.0" });
    expect(JSON.parse((await devflow("ctl", "status", "--json")).out)).toMatchObject({ socket: home.places.socket });
    expect((await devflow("ctl", "status")).out).toContain(String(process.pid));
    expect(JSON.parse((await devflow("sessions", "list", "--json")).out)).toEqual([]);
    expect(await devflow("runs", "list")).toMatchObject({ code: 0, err: "" });
  });

  it("without a daemon that it may start ends with 3 and a failure in JSON when that was asked", async () => {
    const { code, out, err } = await devflow("ctl", "status", "--json", "--no-start");
    expect([code, out]).toEqual([3, ""]);
    expect(JSON.parse(err)).toMatchObject({ error: { code: "daemon.unreachable", hint: expect.any(String) } });
  });

  it("loads the full client for what it does not do itself", async () => {
    expect(await devflow("ctl", "statsu")).toMatchObject({ code: 2, err: expect.stringContaining("ctl status") });
    expect((await devflow("--help")).out).toContain("devflow");
  });
});
