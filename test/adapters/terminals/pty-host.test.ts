/** What the pty host does beyond the contract of every terminal host: it lives through the death of the daemon, and of a holder. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import { ptyHost } from "../../../src/adapters/terminals/pty-host.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import type { Terminal, TerminalEvent, TerminalHost, TerminalSpec } from "../../../src/ports/terminal-host.ts";
import { isAlive } from "../../contract/terminal-host.ts";
import { ptyDirectories } from "../../support/pty-directories.ts";
import { bareClient, buildHolder, bundle } from "../../support/pty-holder.ts";

const WAIT = { timeout: 60_000, interval: 10 };
let built: string;
let holder: readonly string[];
let daemon: string;
let home: string;
let hosts: TerminalHost[];

beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), "devflow-host-"));
  holder = await buildHolder(built);
  daemon = await bundle("./pty-daemon.ts", join(built, "daemon.mjs"));
});
afterAll(() => rmSync(built, { recursive: true, force: true }));
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "dev flow 홈 "));
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.release();
  const last = makeHost();
  for (const { session } of await last.list()) await (await last.adopt(session))?.close(100);
  rmSync(home, { recursive: true, force: true });
});

function makeHost(over: Partial<ReturnType<typeof ptyDirectories>> = {}): TerminalHost {
  const host = ptyHost({ ...ptyDirectories(home), ...over, holder, endProcesses });
  hosts.push(host);
  return host;
}
function spec(script: string, over: Partial<TerminalSpec> = {}): TerminalSpec {
  const session = SessionId.parse(ulid());
  return {
    session,
    run: ulid(),
    label: "agent",
    argv: [process.execPath, "-e", script, "--", home],
    cwd: home,
    env: { PATH: process.env.PATH ?? "", DEVFLOW_SESSION: session },
    cols: 80,
    rows: 24,
    ...over,
  };
}
function noted(terminal: Terminal): TerminalEvent[] {
  const events: TerminalEvent[] = [];
  terminal.on((event) => events.push(event));
  return events;
}
const textOf = (events: readonly TerminalEvent[]) =>
  Buffer.concat(events.flatMap((event) => (event.type === "output" ? [event.bytes] : []))).toString();
const shows = (terminal: Terminal, text: string) =>
  vi.waitFor(async () => expect((await terminal.screen()).rows.join("\n")).toContain(text), WAIT);
/** Makes the file that a script waits for. */
const allow = (name: string) => writeFileSync(join(home, name), "");
const WHEN = `const when = (name, act) => { const look = setInterval(() => {
  if (require("fs").existsSync(process.argv[1] + "/" + name)) { clearInterval(look); act(); } }, 10); };`;

/** Opens the terminal in a process of its own and kills that once `said` has come from it, and it has dealt with all output. */
async function openAndDie(given: TerminalSpec, said: string): Promise<number> {
  const child = spawn(process.execPath, [daemon, home, JSON.stringify(given), ...holder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  await vi.waitFor(() => expect(text).toContain(`${said}\n`), WAIT);
  const { socket } = JSON.parse(
    readFileSync(join(ptyDirectories(home).stateDirectory, given.session, "record.json"), "utf8"),
  );
  await vi.waitFor(async () => {
    const look = await bareClient(socket, { t: "hello", role: "viewer", from: 0, readOnly: true, cols: 80, rows: 24 });
    look.socket.destroy();
    const [welcome] = look.frames;
    expect(welcome?.t === "welcome" && welcome.acked === welcome.to).toBe(true);
  }, WAIT);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.on("close", resolve));
  return Number(/open (\d+)/.exec(text)?.[1]);
}

test("a terminal survives the SIGKILL of its daemon; the next one gets its screen, what it missed, and its exit", async () => {
  const file = join(home, "session.cast");
  const given = spec(
    `${WHEN} console.log("before\\x1b]9;first\\x07"); process.stdout.write("\\x1b]2;제목\\x07");
     when("speak", () => { console.log("meanwhile\\x1b]9;second\\x07"); allowed(); });
     const allowed = () => when("end", () => { console.log("last words"); process.exit(9); });`,
    { record: { file, maxBytes: 1_000_000 } },
  );
  const pid = await openAndDie(given, "first");
  expect(isAlive(pid)).toBe(true);
  allow("speak");

  const terminal = await makeHost().adopt(given.session);
  if (!terminal) throw new Error("not adopted");
  const events = noted(terminal);
  expect(terminal.pid).toBe(pid);
  await shows(terminal, "meanwhile");
  expect((await terminal.screen()).rows[0]).toBe("before");
  expect((await terminal.screen()).title).toBe("제목");
  allow("end");
  await vi.waitFor(() => expect(terminal.exit).toEqual({ code: 9 }), WAIT);
  await shows(terminal, "last words");
  // What the first daemon had dealt with is not told again, what nobody had seen is.
  expect(events.filter(({ type }) => type === "osc")).toEqual([{ type: "osc", code: 9, text: "second" }]);
  expect(textOf(events)).toContain("meanwhile");
  expect(events.at(-1)).toEqual({ type: "exit", exit: { code: 9 } });
  await terminal.close();
  const cast = readFileSync(file, "utf8");
  expect(cast.split("meanwhile").length - 1).toBe(1);
  expect(cast.split("last words").length - 1).toBe(1);
});

test("an exit that was collected by a daemon that then died is still there for the next one", async () => {
  const given = spec(`console.log("bye\\x1b]9;said\\x07"); setTimeout(() => process.exit(3), 50)`);
  const first = makeHost();
  const before = await first.open(given);
  await vi.waitFor(() => expect(before.exit).toEqual({ code: 3 }), WAIT);
  await before.type("late", "x");
  // The holder goes by itself; its socket with it.
  await vi.waitFor(() => expect(readdirSync(ptyDirectories(home).directory)).toEqual([]), WAIT);
  expect(await before.taken(["late"])).toEqual([]);
  await first.release();

  const second = makeHost();
  expect(await second.list()).toMatchObject([{ session: given.session, alive: false }]);
  const after = await second.adopt(given.session);
  if (!after) throw new Error("not adopted");
  const events = noted(after);
  await vi.waitFor(() => expect(events).toEqual([{ type: "exit", exit: { code: 3 } }]), WAIT);
  expect((await after.screen()).rows[0]).toBe("bye");
  expect(await after.paste("k", "x")).toBe("gone");
  await after.close();
  expect(await second.list()).toEqual([]);
});

test("queries that came while no daemon was there are answered by the next one, once", async () => {
  const given = spec(`${WHEN} process.stdin.setRawMode(true); let heard = "";
    process.stdin.on("data", (bytes) => { heard += JSON.stringify(bytes.toString()); console.log("heard " + heard); });
    console.log("up\\x1b]9;up\\x07"); when("ask", () => process.stdout.write("asking\\x1b[5n"));`);
  await openAndDie(given, "up");
  allow("ask");
  const first = makeHost();
  const one = await first.adopt(given.session);
  if (!one) throw new Error("not adopted");
  await shows(one, 'heard "\\u001b[0n"');
  await first.release();
  const two = await makeHost().adopt(given.session);
  if (!two) throw new Error("not adopted");
  await two.type("k", "mark");
  await shows(two, 'heard "\\u001b[0n""mark"');
});

test("a holder that is killed ends its program; the exit is told as unknown, and the session can be opened anew", async () => {
  const host = makeHost();
  const given = spec(`console.log("up"); setInterval(() => {}, 1e6)`);
  const terminal = await host.open(given);
  await shows(terminal, "up");
  const { pid } = terminal;
  process.kill(Number(terminal.key.split(":")[1]), "SIGKILL");
  await vi.waitFor(() => expect(terminal.exit).toEqual({}), WAIT);
  await vi.waitFor(() => expect(isAlive(pid ?? 0)).toBe(false), WAIT);
  expect(await terminal.paste("k", "x")).toBe("gone");
  expect(await host.list()).toMatchObject([{ alive: false }]);
  const again = await host.open(given);
  await shows(again, "up");
  expect(again.key).not.toBe(terminal.key);
});

test("a session whose terminal is alive is not opened a second time", async () => {
  const host = makeHost();
  const given = spec(`console.log("up"); setInterval(() => {}, 1e6)`);
  const terminal = await host.open(given);
  await expect(host.open(given)).rejects.toMatchObject({ code: "terminal.open_failed" });
  await shows(terminal, "up");
  expect(terminal.exit).toBeUndefined();
});

test("a socket path that the system would cut, and a directory that is open to others, are refused", async () => {
  const long = join(home, "x".repeat(103 - Buffer.byteLength(home)));
  await expect(makeHost({ directory: long }).open(spec(""))).rejects.toMatchObject({ code: "socket.path_too_long" });
  const open = join(home, "open");
  mkdirSync(open);
  chmodSync(open, 0o755);
  await expect(makeHost({ directory: open }).open(spec(""))).rejects.toMatchObject({ code: "socket.unsafe_directory" });
});

test("a holder that cannot be started is said to be the reason", async () => {
  const host = ptyHost({ ...ptyDirectories(home), holder: [join(home, "no-holder")], endProcesses });
  await expect(host.open(spec(""))).rejects.toMatchObject({ code: "terminal.open_failed" });
  expect(await host.list()).toEqual([]);
});
