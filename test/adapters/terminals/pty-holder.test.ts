/** A holder and its program, spoken to over its socket as the daemon and a person's view do. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type HolderStart, readExit, readLastOutput } from "../../../src/adapters/terminals/pty-record.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import { type BareClient, bareClient, buildHolder, startHolder } from "../../support/pty-holder.ts";

const LINUX = process.platform === "linux";
let home: string;
let holder: readonly string[];
let started: { socket: string; pid: number | undefined }[] = [];
let clients: BareClient[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "devflow 홀더 "));
  holder = await buildHolder(home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
afterEach(async () => {
  for (const client of clients) client.socket.destroy();
  for (const { socket } of started) {
    if (!existsSync(socket)) continue;
    const client = await bareClient(socket, { t: "hello", role: "daemon", from: 0 });
    client.send({ t: "end" });
    await vi.waitFor(() => expect(client.socket.closed).toBe(true));
  }
  clients = [];
  started = [];
});

let count = 0;
async function holding(program: string, more: Partial<HolderStart> = {}) {
  const name = `S${++count}`;
  const script = join(home, `${name}.mjs`);
  writeFileSync(script, program);
  const start: HolderStart = {
    session: SessionId.parse(ulid()),
    run: "R",
    label: "test",
    argv: [process.execPath, script],
    cwd: home,
    env: { PATH: process.env.PATH ?? "", MARK: name },
    cols: 100,
    rows: 30,
    socket: join(home, `${name}.sock`),
    directory: join(home, name),
    ...more,
  };
  const { child, ready } = await startHolder(holder, start);
  started.push({ socket: start.socket, pid: child.pid });
  return { start, child, ready };
}
async function daemon(start: HolderStart, from = 0): Promise<BareClient> {
  const client = await bareClient(start.socket, { t: "hello", role: "daemon", from });
  clients.push(client);
  return client;
}
async function viewer(start: HolderStart, readOnly = false): Promise<BareClient> {
  const client = await bareClient(start.socket, { t: "hello", role: "viewer", from: 0, readOnly, cols: 70, rows: 20 });
  clients.push(client);
  return client;
}
const type = (key: string, text: string) => ({ t: "type", key, text }) as const;
const exited = ({ frames }: BareClient) => frames.some(({ t }) => t === "exit");

/** Says what it reads up to each EOT, in hex, so that nothing on the way can hide. */
const RAW_SINK = `
  process.stdin.setRawMode(true);
  let hex = "";
  process.stdin.on("data", (bytes) => {
    for (const byte of bytes) {
      hex += byte.toString(16).padStart(2, "0");
      if (byte === 4) { console.log("read:" + hex + ":"); hex = ""; }
    }
  });
  console.log("ready");
`;
const EOT = "\x04";

test("keys typed are exact, and a key that was taken is not typed again, whoever asks", async () => {
  const { start } = await holding(RAW_SINK);
  const first = await daemon(start);
  await first.until(({ text }) => text.includes("ready"));
  expect(await first.ask(type("k1", `한글 🙂${EOT}`))).toMatchObject({ typed: "typed" });
  expect(await first.ask(type("k1", `한글 🙂${EOT}`))).toMatchObject({ typed: "already" });
  first.socket.destroy();
  const second = await daemon(start);
  expect(await second.ask(type("k1", `한글 🙂${EOT}`))).toMatchObject({ typed: "already" });
  expect(await second.ask({ t: "taken", keys: ["k0", "k1"] })).toMatchObject({ taken: ["k1"] });
  await second.ask(type("k2", `end${EOT}`));
  const hex = (text: string) => Buffer.from(text).toString("hex");
  await second.until(({ text }) => text.includes(`read:${hex(`end${EOT}`)}:`));
  expect(second.text.split("read:").length - 1).toBe(2);
  expect(second.text).toContain(`read:${hex(`한글 🙂${EOT}`)}:`);
});

test("a paste carries marks only when the program asked for them, and its line ends are CR", async () => {
  const { start } = await holding(`${RAW_SINK}
    // The switch is cut in two, as a pty may cut it.
    process.stdout.write("\\x1b[?20"); setTimeout(() => process.stdout.write("04h" + "marks on\\n"), 20);`);
  const client = await daemon(start);
  await client.until(({ text }) => text.includes("marks on"));
  await client.ask({ t: "paste", key: "p", text: "a\nb\r\nc" });
  await client.ask(type("end", EOT));
  const marked = Buffer.from(`\x1b[200~a\rb\rc\x1b[201~${EOT}`).toString("hex");
  await client.until(({ text }) => text.includes(`read:${marked}:`));

  const { start: plain } = await holding(RAW_SINK);
  const other = await daemon(plain);
  await other.until(({ text }) => text.includes("ready"));
  await other.ask({ t: "paste", key: "p", text: "a\nb" });
  await other.ask(type("end", EOT));
  await other.until(({ text }) => text.includes(`read:${Buffer.from(`a\rb${EOT}`).toString("hex")}:`));
});

test("100 KB arrive whole and exact in a program that reads slowly, and what comes after stays after", async () => {
  const text = Array.from({ length: 4000 }, (_, line) => `줄 ${line} 가나다라 🙂`).join("\n");
  expect(Buffer.byteLength(text)).toBeGreaterThan(100_000);
  const { start } = await holding(`
    import { createHash } from "node:crypto";
    process.stdin.setRawMode(true);
    const hash = createHash("sha256");
    process.stdin.on("data", (bytes) => {
      const end = bytes.indexOf(4);
      hash.update(end < 0 ? bytes : bytes.subarray(0, end));
      if (end >= 0) console.log("sha:" + hash.digest("hex") + ":");
      // Not reading for a moment after each chunk lets the pty run full.
      process.stdin.pause(); setTimeout(() => process.stdin.resume(), 2);
    });
    process.stdout.write("\\x1b[?2004h" + "ready");`);
  const client = await daemon(start);
  await client.until((one) => one.text.includes("ready"));
  await client.ask({ t: "paste", key: "big", text });
  await client.ask({ t: "press", key: "end", keys: ["Enter"] });
  await client.ask(type("eot", EOT));
  const { createHash } = await import("node:crypto");
  const expected = createHash("sha256")
    .update(`\x1b[200~${text.replaceAll("\n", "\r")}\x1b[201~\r`)
    .digest("hex");
  await client.until((one) => one.text.includes("sha:"));
  expect(client.text).toContain(`sha:${expected}:`);
});

test("the arrows follow the cursor mode that the program has chosen", async () => {
  const { start } = await holding(`${RAW_SINK} process.stdout.write("\\x1b[?1h" + "application\\n");`);
  const client = await daemon(start);
  await client.until(({ text }) => text.includes("application"));
  await client.ask({ t: "press", key: "1", keys: ["Up", "Down", "Escape", "Tab"] });
  await client.ask(type("2", EOT));
  await client.until(({ text }) => text.includes(`read:${Buffer.from(`\x1bOA\x1bOB\x1b\t${EOT}`).toString("hex")}:`));
});

/** Prints a block of numbered lines for every line it reads. */
const BLOCKS = `
  import { createInterface } from "node:readline";
  let line = 0;
  createInterface({ input: process.stdin }).on("line", () => {
    let block = "";
    for (const end = line + 10_000; line < end; line++) block += "line " + String(line).padStart(44, "0") + "\\n";
    process.stdout.write(block + "block done\\n");
  });
  console.log("ready");
`;

test("5 MB of output pass through broken connections without loss or repetition", async () => {
  const { start } = await holding(BLOCKS);
  let client = await daemon(start);
  await client.until(({ text }) => text.includes("ready"));
  let got = "";
  for (let block = 1; block <= 11; block++) {
    await client.ask(type(`go ${block}`, "\r"));
    const before = client.position;
    // Every block breaks the connection somewhere else inside it.
    await client.until(({ position }) => position > before + block * 30_000);
    client.socket.destroy();
    got += client.text;
    client = await daemon(start, client.position);
    await client.until(({ text }) => (got + text).split("block done").length - 1 === block);
  }
  got += client.text;
  const lines = got.match(/line \d+/g) ?? [];
  expect(Buffer.byteLength(got)).toBeGreaterThan(5_000_000);
  expect(lines).toHaveLength(110_000);
  expect(lines.every((line, index) => Number(line.slice(5)) === index)).toBe(true);
});

test("who comes too late for the oldest output is told of the gap, and gets the modes that it had set", async () => {
  const { start } = await holding(
    `process.stdout.write("\\x1b[?1049h\\x1b[?2004h\\x1b]0;제목\\x07"); ${BLOCKS.replace('import { createInterface } from "node:readline";', "").replace("createInterface", "(await import('node:readline')).createInterface")}`,
  );
  const one = await daemon(start);
  await one.until(({ text }) => text.includes("ready"));
  for (let block = 1; block <= 3; block++) {
    await one.ask(type(`go ${block}`, "\r"));
    await one.until(({ text }) => text.split("block done").length - 1 === block);
  }
  const late = await daemon(start);
  const welcome = late.frames[0];
  if (welcome?.t !== "welcome") throw new Error("no welcome");
  expect(welcome.from).toBe(one.position - 1024 * 1024);
  expect(Buffer.from(welcome.preamble, "base64").toString()).toBe("\x1b[?1049h\x1b[?2004h\x1b]2;제목\x07");
  await late.until(({ position }) => position === one.position);
  expect(one.text.endsWith(late.text.slice(-1_000_000))).toBe(true);
});

test("a daemon that stops reading holds nothing up: the program goes on, and the daemon is told what it missed", async () => {
  const { start } = await holding(`
    process.stdout.write("x".repeat(8_000_000), () => {
      process.stdout.write("all written"); setInterval(() => {}, 1000); });`);
  const stuck = await daemon(start);
  stuck.socket.pause();
  const reader = await viewer(start, true);
  await reader.until(({ text }) => text.endsWith("all written"));
  stuck.socket.resume();
  await stuck.until(({ text }) => text.endsWith("all written"));
  expect(stuck.frames.some(({ t }) => t === "gap")).toBe(true);
});

test("the last output and the exit are right, every time, and are on disk before they are told", async () => {
  for (let round = 0; round < 12; round++) {
    const { start } = await holding("", { argv: ["/bin/sh", "-c", "read go; seq 1 3000; exit 7"] });
    const client = await daemon(start);
    await client.ask(type("go", "\r"));
    await client.until(exited);
    expect(client.text.endsWith("2999\r\n3000\r\n")).toBe(true);
    expect(client.frames.at(-1)).toEqual({ t: "exit", exit: { code: 7 } });
    expect(readExit(start.directory)).toMatchObject({ exit: { code: 7 }, taken: ["go"] });
    expect(readLastOutput(start.directory).toString().endsWith("3000\r\n")).toBe(true);
  }
});

test("a program that ends while it is held back for a stuck daemon loses nothing of what it wrote", async () => {
  // Just over what makes the holder wait for its daemon: the rest lies in the pty when the program ends.
  const { start } = await holding("", {
    argv: ["/bin/sh", "-c", "read go; head -c 800000 /dev/zero | tr '\\0' x; printf END"],
  });
  const stuck = await daemon(start);
  stuck.socket.pause();
  stuck.send({ t: "type", id: 1, key: "go", text: "\r" });
  await vi.waitFor(() => expect(readExit(start.directory)).toBeDefined(), { timeout: 60_000 });
  expect(readLastOutput(start.directory).toString().endsWith("xEND")).toBe(true);
});

test("a query is answered once, whoever answers", async () => {
  const { start } = await holding(`${RAW_SINK} process.stdout.write("asked\\x1b[5n");`);
  const daemons: BareClient[] = [];
  for (let count = 0; count < 2; count++) {
    const one = await bareClient(start.socket, { t: "hello", role: "daemon", from: 0 }, false);
    clients.push(one);
    daemons.push(one);
    await one.until(({ text }) => text.includes("asked"));
  }
  for (const one of daemons) {
    one.send({ t: "ack", to: one.position, reply: Buffer.from("\x1b[0n").toString("base64") });
    await one.ask({ t: "taken", keys: [] });
  }
  await daemons[0]?.ask(type("end", EOT));
  await daemons[0]?.until(({ text }) => text.includes("read:"));
  expect(daemons[0]?.text).toContain(`read:${Buffer.from(`\x1b[0n${EOT}`).toString("hex")}:`);
});

test("death by a signal is told with its name, and nothing is typed any more", async () => {
  const { start } = await holding("", { argv: ["/bin/sh", "-c", "kill -KILL $$"] });
  const client = await daemon(start);
  await client.until(exited);
  expect(client.frames.at(-1)).toEqual({ t: "exit", exit: { signal: "SIGKILL" } });
  expect(await client.ask(type("late", "x"))).toMatchObject({ typed: "gone" });
  expect(await client.ask({ t: "taken", keys: ["late"] })).toMatchObject({ taken: [] });
});

test("a directory that is not there is refused with the reason, and leaves no holder behind", async () => {
  const { ready, child } = await holding("", { cwd: join(home, "nowhere") });
  expect(ready).toEqual({ problem: `the directory ${join(home, "nowhere")} does not exist` });
  await vi.waitFor(() => expect(child.exitCode).toBe(1));
});

test("the holder ends by itself once its program has ended and the exit was collected", {
  timeout: 60_000,
}, async () => {
  const { start, child } = await holding("", { argv: ["/bin/sh", "-c", "read go"] });
  const client = await daemon(start);
  client.send({ t: "collected" }); // too early: nothing has ended yet
  await client.ask(type("go", "\r"));
  await client.until(exited);
  client.send({ t: "collected" });
  await vi.waitFor(() => expect(child.exitCode).toBe(0), { timeout: 60_000 });
  expect(existsSync(start.socket)).toBe(false);
  expect(readExit(start.directory)?.exit).toEqual({ code: 0 });
});

test("nothing of a terminal is open to other users", async () => {
  const { start } = await holding(RAW_SINK);
  expect(statSync(start.socket).mode & 0o777).toBe(0o600);
  for (const file of readdirSync(start.directory)) expect(statSync(join(start.directory, file)).mode & 0o077).toBe(0);
});

test.runIf(LINUX)(
  "two agents cannot reach each other's terminal, and secrets are in no argv and not in the holder's environment",
  async () => {
    const secret = "s3cr3t-7781";
    const one = await holding(RAW_SINK, { env: { PATH: process.env.PATH ?? "", TOKEN: secret } });
    const two = await holding(RAW_SINK);
    const programs = await Promise.all(
      [one, two].map(async ({ start }) => {
        const welcome = (await daemon(start)).frames[0];
        if (welcome?.t !== "welcome") throw new Error("no welcome");
        return welcome.pid;
      }),
    );
    for (const pid of programs) {
      const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      expect(open.filter((path) => path.includes("ptmx"))).toEqual([]);
      expect(new Set(open.filter((path) => path.startsWith("/dev/pts/"))).size).toBe(1);
    }
    const [first = 0, second = 0] = programs;
    expect(readlinkSync(`/proc/${first}/fd/0`)).not.toBe(readlinkSync(`/proc/${second}/fd/0`));
    expect(readFileSync(`/proc/${first}/environ`, "latin1")).toContain(secret);
    expect(readFileSync(`/proc/${second}/environ`, "latin1")).not.toContain(secret);
    for (const place of ["cmdline", "environ"])
      expect(readFileSync(`/proc/${one.child.pid}/${place}`, "latin1")).not.toContain(secret);
  },
);

test("a person's window sets the size while it is there, and a view that only reads changes nothing", async () => {
  const { start } = await holding(`
    const say = () => console.log("size:" + process.stdout.columns + "x" + process.stdout.rows + ":");
    process.stdout.on("resize", say); say(); setInterval(() => {}, 1000);`);
  const client = await daemon(start);
  await client.until(({ text }) => text.includes("size:100x30:"));
  const reader = await viewer(start, true);
  const person = await viewer(start);
  await client.until(({ text }) => text.includes("size:70x20:"));
  person.send({ t: "resize", id: 1, cols: 90, rows: 25 });
  await client.until(({ text }) => text.includes("size:90x25:"));
  reader.send({ t: "resize", id: 1, cols: 10, rows: 10 });
  person.socket.destroy();
  await client.until(({ text }) => text.split("size:100x30:").length - 1 === 2);
  expect(client.text).not.toContain("size:10x10:");
  expect(client.frames.filter(({ t }) => t === "resized")).toEqual([
    { t: "resized", cols: 70, rows: 20 },
    { t: "resized", cols: 90, rows: 25 },
    { t: "resized", cols: 100, rows: 30 },
  ]);
});

test("a person who types is noticed, a view that only reads cannot type", async () => {
  const { start } = await holding(RAW_SINK);
  const client = await daemon(start);
  await client.until(({ text }) => text.includes("ready"));
  const input = (text: string) => ({ t: "input", data: Buffer.from(text).toString("base64") }) as const;
  const reader = await viewer(start, true);
  reader.send(input("not this"));
  reader.send({ t: "type", id: 1, key: "k", text: "nor this" });
  reader.send({ t: "end" });
  expect(await client.ask({ t: "busy" })).toMatchObject({ busy: false });
  const person = await viewer(start);
  person.send(input(`this${EOT}`));
  await client.until(({ text }) => text.includes("read:"));
  expect(client.text).toContain(`read:${Buffer.from(`this${EOT}`).toString("hex")}:`);
  expect(await client.ask({ t: "busy" })).toMatchObject({ busy: true });
});

test("a line that is no frame costs the connection, not the program", async () => {
  const { start } = await holding(RAW_SINK);
  const bad = await daemon(start);
  bad.socket.write('{"t":"paste","id":1,"key":5}\n');
  await vi.waitFor(() => expect(bad.socket.closed).toBe(true));
  const good = await daemon(start);
  expect(await good.ask({ t: "taken", keys: [] })).toMatchObject({ taken: [] });
});
