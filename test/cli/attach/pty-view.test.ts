/** A person at a terminal of their own, looking into an agent's. */
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type IPty, spawn } from "node-pty";
import { ulid } from "ulid";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import { ptyHost } from "../../../src/adapters/terminals/pty-host.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import type { Terminal, TerminalHost } from "../../../src/ports/terminal-host.ts";
import { ptyDirectories } from "../../support/pty-directories.ts";
import { buildHolder, bundle } from "../../support/pty-holder.ts";

const WAIT = { timeout: 15_000, interval: 10 };
const DETACH = "\x1dd";
let built: string;
let holder: readonly string[];
let viewer: string;
let home: string;
let host: TerminalHost;
let people: IPty[];

beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), "devflow-view-"));
  holder = await buildHolder(built);
  viewer = await bundle("./pty-viewer.ts", join(built, "viewer.mjs"));
});
afterAll(() => rmSync(built, { recursive: true, force: true }));
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "dev flow 뷰 "));
  host = ptyHost({ ...ptyDirectories(home), holder, endProcesses });
  people = [];
});
afterEach(async () => {
  for (const person of people) person.kill("SIGKILL");
  for (const { session } of await host.list()) await (await host.adopt(session))?.close(100);
  rmSync(home, { recursive: true, force: true });
});

async function agent(script: string): Promise<Terminal> {
  const session = SessionId.parse(ulid());
  return host.open({
    session,
    run: ulid(),
    label: "agent",
    argv: [process.execPath, "-e", script, "--", join(home, "heard")],
    cwd: home,
    env: { PATH: process.env.PATH ?? "", DEVFLOW_SESSION: session },
    cols: 100,
    rows: 30,
  });
}

/** A shell at a terminal which runs the view, says how its terminal is set, and stays: a pty's last output may get lost. */
function person(terminal: Terminal, mode = "") {
  if (!("socket" in terminal.attach)) throw new Error("no socket");
  const line = `stty -a | head -1; "$0" "$1" "$2" $3; echo "after: $(stty -a | grep -o -e '-*icanon' -e '-*echo ')"; echo "shell done"; read stay`;
  const pty = spawn("/bin/sh", ["-c", line, process.execPath, viewer, terminal.attach.socket, mode], {
    cols: 70,
    rows: 20,
    env: { PATH: process.env.PATH ?? "", TERM: "xterm-256color" },
  });
  people.push(pty);
  let screen = "";
  pty.onData((text) => {
    screen += text;
  });
  return {
    pty,
    get seen() {
      return screen;
    },
    sees: (text: string) => vi.waitFor(() => expect(screen).toContain(text), WAIT),
  };
}

const SINK = `
  const heard = process.argv[1]; const fs = require("fs"); fs.writeFileSync(heard, "");
  process.stdin.setRawMode(true); process.stdin.on("data", (b) => fs.appendFileSync(heard, b));
  const size = () => console.log("size " + process.stdout.columns + "x" + process.stdout.rows + ".");
  process.stdout.on("resize", size);
  console.log("agent 준비"); size();`;
const heard = () => readFile(join(home, "heard"), "utf8");

test("shows what is on the screen, types, follows the window's size, and leaves everything as it was", async () => {
  const terminal = await agent(SINK);
  const { pty, sees } = person(terminal);
  await sees("Ctrl-] d leaves");
  await sees("agent 준비");
  await sees("size 70x20.");
  pty.resize(90, 33);
  await sees("size 90x33.");
  pty.write("안녕 \x1d\x1d \x1dx \x03");
  await vi.waitFor(async () => expect(await heard()).toBe("안녕 \x1d \x1dx \x03"), WAIT);
  expect(await terminal.busyWithPerson()).toBe(true);
  pty.write(DETACH);
  await sees('view over: {"end":"detached"}');
  await sees("shell done");
  await sees("after: icanon\r\necho");
  expect(terminal.exit).toBeUndefined();
  await vi.waitFor(async () => expect(await terminal.screen()).toMatchObject({ cols: 100 }), WAIT);
  expect(await heard()).toBe("안녕 \x1d \x1dx \x03");
});

test("a view that only reads types nothing, leaves the size alone, and ends with Ctrl-C too", async () => {
  const terminal = await agent(SINK);
  const view = person(terminal, "read-only");
  const { pty, sees } = view;
  await sees("agent 준비");
  pty.write("not heard");
  pty.resize(50, 10);
  await terminal.type("k", "from devflow");
  await vi.waitFor(async () => expect(await heard()).toBe("from devflow"), WAIT);
  pty.write("\x03");
  await sees('view over: {"end":"detached"}');
  expect(await heard()).toBe("from devflow");
  expect(await terminal.busyWithPerson()).toBe(false);
  expect(view.seen).not.toContain("size 50x10.");
});

test("says how the program ended", async () => {
  const terminal = await agent(`${SINK} process.stdin.on("data", () => process.exit(5));`);
  const { sees } = person(terminal);
  await sees("agent 준비");
  await terminal.type("k", "go");
  await sees('view over: {"end":"ended","exit":{"code":5}}');
  await sees("after: icanon\r\necho");
});

test("gives the person's terminal back from the alternate screen, a hidden cursor and the mouse", async () => {
  const terminal = await agent(
    `process.stdout.write("\\x1b[?1049h\\x1b[?25l\\x1b[?1000;1006h\\x1b[>1uagent up"); setInterval(() => {}, 1e6)`,
  );
  const view = person(terminal);
  await view.sees("agent up");
  view.pty.write("\x1b[93;5u\x1b[93;5:3ud");
  await view.sees("shell done");
  const end = view.seen.slice(view.seen.indexOf("agent up"));
  for (const sequence of ["\x1b[?1049l", "\x1b[?25h", "\x1b[?1000l", "\x1b[?1006l", "\x1b[<1u"])
    expect(end).toContain(sequence);
});

test("the agent's queries are answered once, by devflow, and the person's clipboard stays theirs", async () => {
  const query = String.raw`process.stdout.write("\r\n\x1b[6n\x1b[c\x1b]52;c;c2VjcmV0\x07asked")`;
  const terminal = await agent(`${SINK} ${query}; process.stdin.on("data", (b) => b.includes("q") && ${query});`);
  await vi.waitFor(async () => expect(await heard()).toMatch(/^\x1b\[\d+;1R\x1b\[\?[\d;]+c$/), WAIT);
  const once = await heard();
  const view = person(terminal);
  await view.sees("asked");
  view.pty.write("q");
  // The rows of the answer depend on where the cursor is by now.
  await vi.waitFor(
    async () => expect((await heard()).slice(once.length)).toMatch(/^q\x1b\[\d+;1R\x1b\[\?[\d;]+c$/),
    WAIT,
  );
  await vi.waitFor(() => expect(view.seen.split("asked").length - 1).toBe(2), WAIT);
  for (const hidden of ["\x1b[6n", "\x1b[c", "]52;"]) expect(view.seen).not.toContain(hidden);
});

test("the view brings no package into the thin client", async () => {
  const entry = new URL("../../../src/cli/attach/pty-view.ts", import.meta.url).pathname;
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    write: false,
    metafile: true,
  });
  expect(Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"))).toEqual([]);
});

test("a terminal that is not there is said to be lost, and the person's own is not touched", async () => {
  const terminal = await agent(SINK);
  await terminal.close(100);
  const { sees } = person(terminal);
  await sees('view over: {"end":"lost"}');
  await sees("after: icanon\r\necho");
});
