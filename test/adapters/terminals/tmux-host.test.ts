/** What is particular to terminals in tmux: people who attach, clients and servers that die, tmux that is missing. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ulid } from "ulid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tmuxHost } from "../../../src/adapters/terminals/tmux-host.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import type { Terminal, TerminalEvent, TerminalHost } from "../../../src/ports/terminal-host.ts";
import { isAlive } from "../../contract/terminal-host.ts";
import { destroyTmux, tmuxHostAt, tmuxSocket } from "../../support/tmux-home.ts";

const SINK = fileURLToPath(new URL("../../../fixtures/terminal/sink.mjs", import.meta.url));
const WAIT = { timeout: 60_000, interval: 10 };
const installed = spawnSync("tmux", ["-V"]).status === 0;
if (!installed) console.warn("SKIPPED: the tmux host is not tested, since tmux is not installed");

let homes: string[];
let hosts: TerminalHost[];
beforeEach(() => {
  homes = [];
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.release();
  for (const home of homes) {
    await destroyTmux(home);
    await rm(home, { recursive: true, force: true });
  }
});

const newHome = async () => {
  const home = await mkdtemp(join(tmpdir(), "dev flow 홈 "));
  homes.push(home);
  return home;
};
const hostAt = (home: string) => {
  const host = tmuxHostAt(home);
  hosts.push(host);
  return host;
};
const spec = (home: string, argv: readonly string[], size = { cols: 80, rows: 24 }) => {
  const session = SessionId.parse(ulid());
  const env = {
    PATH: process.env.PATH ?? "",
    TERM: "xterm-256color",
    HOME: home,
    LANG: "C.UTF-8",
    DEVFLOW_SESSION: session,
  };
  return { session, run: ulid(), label: "test", argv: argv as [string], cwd: home, env, ...size };
};
const shows = (terminal: Terminal, text: string) =>
  vi.waitFor(async () => expect((await terminal.screen()).rows.join("\n")).toContain(text), WAIT);
const exited = (terminal: Terminal) => vi.waitFor(() => expect(terminal.exit).toBeDefined(), WAIT);
const tmux = async (home: string, ...args: string[]) =>
  (await promisify(execFile)("tmux", ["-u", "-S", tmuxSocket(home), ...args])).stdout.trim();
const serverPid = async (home: string) => Number(await tmux(home, "display-message", "-p", "#{pid}"));
const controlClients = async (home: string) =>
  (await tmux(home, "list-clients", "-F", "#{client_control_mode} #{client_pid}"))
    .split("\n")
    .flatMap((line) => (line.startsWith("1 ") ? [Number(line.slice(2))] : []));

async function sink(home: string) {
  const host = hostAt(home);
  const file = join(home, `sink-${ulid()}`);
  const terminal = await host.open(spec(home, [process.execPath, SINK, file]));
  const events: TerminalEvent[] = [];
  terminal.on((event) => events.push(event));
  await shows(terminal, "sink ready");
  const receives = (text: string) => vi.waitFor(async () => expect(await readFile(file, "utf8")).toBe(text), WAIT);
  const gaps = () => events.filter(({ type }) => type === "gap").length;
  return { host, terminal, events, receives, gaps };
}
const argvOf = ({ attach }: Terminal) => ("argv" in attach ? attach.argv : []);

describe.runIf(installed)("a person at a tmux terminal", () => {
  it("sees the session's whole window, uses it, and leaves nothing behind, its size least of all", async () => {
    const home = await newHome();
    const { host, terminal, receives } = await sink(home);
    await host.open(spec(home, ["/bin/cat"])); // A newer window must not be the one that is shown.
    const person = hostAt(await newHome());
    const seat = await person.open(spec(home, argvOf(terminal), { cols: 60, rows: 15 }));
    await shows(seat, "sink ready");
    expect(await terminal.busyWithPerson()).toBe(true);
    await seat.type("t", "typed by hand");
    await receives("typed by hand");
    const size = async () => {
      const { cols, rows } = await terminal.screen();
      return [cols, rows.length];
    };
    await vi.waitFor(async () => expect(await size()).toEqual([60, 14]), WAIT); // The last row is tmux's.

    await seat.close(100);
    await vi.waitFor(async () => expect(await size()).toEqual([80, 24]), WAIT);
    await vi.waitFor(
      async () => expect(await tmux(home, "list-sessions", "-F", "#{session_name}")).toBe("devflow"),
      WAIT,
    );
    expect(await terminal.busyWithPerson()).toBe(false);
    expect(await terminal.paste("after", "x")).toBe("typed");
  });

  it("can only look on in the read-only form, and keeps nobody waiting", async () => {
    const home = await newHome();
    const { terminal, receives } = await sink(home);
    const argv = "argv" in terminal.attach ? terminal.attach.readOnlyArgv : [];
    const seat = await hostAt(await newHome()).open(spec(home, argv, { cols: 60, rows: 30 }));
    await shows(seat, "sink ready");
    expect((await terminal.screen()).cols).toBe(80);
    await seat.type("t", "not let in");
    await terminal.type("ours", "let in");
    await receives("let in");
    expect(await terminal.busyWithPerson()).toBe(false);
  });

  it("looks at one window while another looks at another", async () => {
    const home = await newHome();
    const { host, terminal: one } = await sink(home);
    const two = await host.open(spec(home, ["/bin/sh", "-c", "echo second window; exec cat"]));
    const people = hostAt(await newHome());
    const atOne = await people.open(spec(home, argvOf(one)));
    await shows(atOne, "sink ready");
    const atTwo = await people.open(spec(home, argvOf(two)));
    await shows(atTwo, "second window");
    expect((await atOne.screen()).rows.join()).toContain("sink ready");
    expect((await host.list()).map(({ session }) => session)).toEqual([one.session, two.session]);
  });

  it("is noticed while scrolling, and what must be typed then still arrives", async () => {
    const home = await newHome();
    const { terminal, receives } = await sink(home);
    const pane = terminal.key.slice(terminal.key.indexOf("%"));
    await tmux(home, "copy-mode", "-t", pane);
    expect(await terminal.busyWithPerson()).toBe(true);
    await terminal.paste("p", "pasted");
    expect(await terminal.busyWithPerson()).toBe(false);
    await tmux(home, "copy-mode", "-t", pane);
    await terminal.press("k", "Enter");
    await receives("\x1b[200~pasted\x1b[201~\r");
    await tmux(home, "select-pane", "-d", "-t", pane);
    expect(await terminal.busyWithPerson()).toBe(true);
  });
});

describe.runIf(installed)("letting go", () => {
  it("ends the server when no terminal is left, and leaves no process behind", async () => {
    const home = await newHome();
    const { host, terminal } = await sink(home);
    const pid = await serverPid(home);
    await terminal.close(1_000);
    await host.release();
    expect(isAlive(pid)).toBe(false);
    expect(await hostAt(home).list()).toEqual([]);
    const next = await hostAt(home).open(spec(home, ["/bin/sh", "-c", "echo anew; exec cat"]));
    await shows(next, "anew");
  });

  it("keeps the server for a terminal that lives, and for one that nobody has closed", async () => {
    const home = await newHome();
    const { host, terminal } = await sink(home);
    const ended = await host.open(spec(home, ["/bin/sh", "-c", "exit 3"]));
    await exited(ended);
    await host.release();
    const second = hostAt(home);
    expect((await second.adopt(terminal.session))?.key).toBe(terminal.key);
    await (await second.adopt(terminal.session))?.close(1_000);
    await second.release();
    const third = await hostAt(home).adopt(ended.session);
    expect(third?.exit ?? "not adopted").toEqual({ code: 3 });
  });
});

describe.runIf(installed)("when something around the terminals dies", () => {
  it("connects anew after its client was killed, and says that output may be missing", async () => {
    const home = await newHome();
    const { terminal, receives, gaps, events } = await sink(home);
    for (const client of await controlClients(home)) process.kill(client, "SIGKILL");
    await vi.waitFor(() => expect(gaps()).toBe(1), WAIT);
    expect(await terminal.paste("k", "x")).toBe("typed");
    expect(await terminal.paste("k", "x")).toBe("already");
    await receives("\x1b[200~x\x1b[201~");
    await shows(terminal, "sink ready");
    expect((await terminal.screen()).bracketedPaste).toBe(true);
    await terminal.close(1_000);
    expect(events.filter(({ type }) => type === "exit")).toHaveLength(1);
  });

  it.runIf(process.platform === "linux")("ends the client that a killed daemon has left behind", async () => {
    const home = await newHome();
    const { host, terminal } = await sink(home);
    await host.release();
    const env = { ...process.env, DEVFLOW_DAEMON: String(spawnSync(process.execPath, ["-e", ""]).pid) };
    const left = spawn("tmux", ["-uN", "-S", tmuxSocket(home), "-C", "attach-session", "-t", "=devflow"], { env });
    const ended = new Promise((resolve) => left.on("close", (_, signal) => resolve(signal)));
    await vi.waitFor(async () => expect(await controlClients(home)).toEqual([left.pid]), WAIT);
    expect((await hostAt(home).adopt(terminal.session))?.key).toBe(terminal.key);
    expect(await ended).toBe("SIGKILL");
  });

  it("pastes what was brought near although its buffer is gone, and leaves no text behind", async () => {
    const home = await newHome();
    const { host, terminal, receives } = await sink(home);
    const buffers = () => tmux(home, "list-buffers", "-F", "#{buffer_name}");
    terminal.bring?.("one");
    const [name = ""] = await vi.waitFor(async () => {
      const names = (await buffers()).trim().split("\n");
      expect(names).toEqual([expect.stringMatching(/^paste-/)]);
      return names;
    }, WAIT);
    await tmux(home, "delete-buffer", "-b", name);
    expect(await terminal.paste("one", "one")).toBe("typed");
    await receives("\u001b[200~one\u001b[201~");
    terminal.bring?.("two");
    terminal.bring?.("three");
    await vi.waitFor(async () => expect((await buffers()).trim().split("\n")).toHaveLength(1), WAIT);
    const keeper = await host.open(spec(home, ["/bin/sh", "-c", "exec cat"]));
    await terminal.close(0);
    expect((await buffers()).trim()).toBe("");
    await keeper.close(0);
  });

  it("types once although its client is killed at the same time", async () => {
    const home = await newHome();
    const { terminal, receives } = await sink(home);
    let expected = "";
    let last = 0;
    for (let i = 0; i < 8; i++) {
      await vi.waitFor(async () => {
        const clients = await controlClients(home);
        expect(clients).toHaveLength(1);
        expect(clients).not.toContain(last);
        [last = 0] = clients;
      }, WAIT);
      if (i % 2 === 1) terminal.bring?.(`text ${i}`);
      const typing = terminal.paste(`key ${i}`, `text ${i}`);
      process.kill(last, "SIGKILL");
      expect(["typed", "already"]).toContain(await typing);
      expected += `\x1b[200~text ${i}\x1b[201~`;
    }
    await receives(expected);
  });

  it("tells the end of every terminal when the server is killed, and opens new ones on a new server", async () => {
    const home = await newHome();
    const { host, terminal, events } = await sink(home);
    process.kill(await serverPid(home), "SIGKILL");
    await exited(terminal);
    expect(events.at(-1)?.type).toBe("exit");
    expect(await terminal.paste("k", "x")).toBe("gone");
    expect(terminal.pid).toBeUndefined();
    expect(await host.list()).toEqual([]);
    expect(await host.adopt(terminal.session)).toBeUndefined();
    const next = await host.open(spec(home, ["/bin/sh", "-c", "echo anew; exec cat"]));
    await shows(next, "anew");
    expect(next.key).not.toBe(terminal.key);
    await terminal.close(100);
    expect(next.exit).toBeUndefined();
  });

  it("starts a server over a stale socket", async () => {
    const home = await newHome();
    const { host, terminal } = await sink(home);
    const pid = await serverPid(home);
    await host.release();
    process.kill(pid, "SIGKILL");
    const second = hostAt(home);
    expect(await second.adopt(terminal.session)).toBeUndefined();
    const next = await second.open(spec(home, ["/bin/sh", "-c", "echo anew; exec cat"]));
    await shows(next, "anew");
  });

  it.runIf(process.platform === "linux")("finds its server again when the socket file was removed", async () => {
    const home = await newHome();
    const { terminal, gaps } = await sink(home);
    const [client = 0] = await controlClients(home);
    await rm(tmuxSocket(home));
    process.kill(client, "SIGKILL");
    await vi.waitFor(() => expect(gaps()).toBe(1), WAIT);
    expect(await terminal.paste("k", "x")).toBe("typed");
  });

  it("tells the end when a person closes the window, or the whole session", async () => {
    const home = await newHome();
    const { host, terminal: one } = await sink(home);
    const two = await host.open(spec(home, ["/bin/cat"]));
    await tmux(home, "kill-pane", "-t", one.key.slice(one.key.indexOf("%")));
    await exited(one);
    expect(two.exit).toBeUndefined();
    await tmux(home, "kill-session", "-t", "devflow");
    await exited(two);
    const three = await host.open(spec(home, ["/bin/sh", "-c", "echo third; exec cat"]));
    await shows(three, "third");
  });

  it("knows the signal when the program was killed together with its wrapper", async () => {
    const home = await newHome();
    const host = hostAt(home);
    for (let i = 0; i < 10; i++) {
      const terminal = await host.open(spec(home, ["/bin/sh", "-c", "echo up; exec cat"]));
      await shows(terminal, "up");
      if (terminal.pid) process.kill(-terminal.pid, "SIGKILL");
      await exited(terminal);
      expect(terminal.exit).toEqual({ signal: "SIGKILL" });
    }
  });

  it("reads the screen anew and goes on when tmux has left output out for it", async () => {
    const home = await newHome();
    const { terminal, gaps } = await sink(home);
    const pane = terminal.key.slice(terminal.key.indexOf("%"));
    const client = await tmux(home, "list-clients", "-F", "#{client_name}");
    await tmux(home, "refresh-client", "-t", client, "-A", `${pane}:pause`);
    await vi.waitFor(() => expect(gaps()).toBe(1), WAIT);
    const screen = await terminal.screen();
    expect(screen.rows[0]).toBe("sink ready");
    expect(screen.bracketedPaste).toBe(true);
    await terminal.resize(70, 20);
    expect((await terminal.screen()).cols).toBe(70);
    const tty = await tmux(home, "display-message", "-p", "-t", pane, "#{pane_tty}");
    await writeFile(tty, "and on it goes");
    await shows(terminal, "and on it goes");
  });

  it("tells all output, or that some is missing, after it stood still", async () => {
    const home = await newHome();
    const host = hostAt(home);
    const script =
      "echo begin; read x; i=0; while [ $i -lt 100000 ]; do echo row $i of a flood; i=$((i+1)); done; echo flood over; exec cat";
    const terminal = await host.open(spec(home, ["/bin/sh", "-c", script]));
    const outputs: Uint8Array[] = [];
    let gap = false;
    terminal.on((event) => {
      if (event.type === "output") outputs.push(event.bytes);
      gap ||= event.type === "gap";
    });
    await shows(terminal, "begin");
    await terminal.press("go", "Enter");
    // This process reads nothing while the program prints on.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    await shows(terminal, "flood over");
    expect((await terminal.screen()).rows.slice(-3)).toEqual(["row 99999 of a flood", "flood over", ""]);
    const told = Buffer.concat(outputs)
      .toString()
      .split("\r\n")
      .filter((row) => row.startsWith("row ")).length;
    expect(gap || told === 100_000).toBe(true);
    expect(await terminal.type("t", "on")).toBe("typed");
    await shows(terminal, "on");
  });
});

describe("when tmux cannot be used", () => {
  const host = (directory: string, tmux: string) =>
    tmuxHost({ directory, stateDirectory: join(directory, "state"), endProcesses: async () => [], tmux });

  it("says so when opening, and knows of no terminals", async () => {
    const home = await newHome();
    const without = host(home, join(home, "no-tmux"));
    hosts.push(without);
    await expect(without.open(spec(home, ["/bin/cat"]))).rejects.toMatchObject({ code: "terminal.open_failed" });
    expect(await without.list()).toEqual([]);
    expect(await without.adopt(SessionId.parse(ulid()))).toBeUndefined();
  });

  it("refuses a directory whose path is too long for a socket", async () => {
    const home = await newHome();
    const deep = host(join(home, "d".repeat(100)), "tmux");
    hosts.push(deep);
    await expect(deep.open(spec(home, ["/bin/cat"]))).rejects.toMatchObject({ code: "socket.path_too_long" });
  });
});
