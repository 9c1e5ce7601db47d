/**
 * What every terminal host must do: the rules T1 to T6 of `src/ports/terminal-host.ts`, on real programs.
 *
 * A test file calls `terminalContract` with how to make a host on a home directory and how to destroy everything
 * that lives there. Two hosts made on the same home are the same devflow before and after a restart.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ulid } from "ulid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SessionId } from "../../src/domain/ids.ts";
import type { Terminal, TerminalEvent, TerminalHost, TerminalSpec } from "../../src/ports/terminal-host.ts";

export interface TerminalSetup {
  make(home: string): TerminalHost;
  /** Ends every process that hosts of this home have left behind. */
  destroy(home: string): Promise<void>;
  /**
   * The command line of a program which makes a host on `home`, adopts `session` and pastes the texts
   * `item-0;` … `item-<count-1>;` under the keys `key-0` … in order, then prints `done`. It will be killed at it.
   */
  typist(home: string, session: string, count: number): readonly [string, ...string[]];
}

const SINK = fileURLToPath(new URL("../../fixtures/terminal/sink.mjs", import.meta.url));
const FAMILY = fileURLToPath(new URL("../../fixtures/terminal/family.mjs", import.meta.url));
const WAIT = { timeout: 60_000, interval: 10 };
const PASTE = { start: "\x1b[200~", end: "\x1b[201~" };

/** Texts that some way of typing is known to change. */
const PAYLOADS: Record<string, string> = {
  "one letter": "x",
  Korean: "한국어로 된 프롬프트, 그리고 조합형 한글",
  "emoji with joiners": "👩‍👩‍👧‍👦 👍🏽 🇰🇷 e\u0301",
  "sixty lines": Array.from({ length: 60 }, (_, i) => `line ${i}\twith a tab`).join("\n"),
  "blank lines at both ends": "\n\nmiddle\n\n",
  "a trailing backslash": "ends with \\",
  semicolons: "a;b ; c \\; d;",
  "what shells and formats expand": "$HOME `id` $(id) #{pane_id} #(id) %1 ~ * \"double\" 'single' {a,b}",
  "names of keys": "Enter C-c Escape",
  "a leading dash": "-x --help",
  "8,000 bytes of what has to be quoted": '\\"$~;\n\t#'.repeat(1_000),
  "100 KB": Array.from({ length: 2_000 }, (_, i) => `${i} 가나다라마바사아자차카타파하`)
    .join("\n")
    .slice(0, 100_000),
};

export function terminalContract(name: string, setup: TerminalSetup): void {
  describe(`the ${name} host`, () => {
    let home: string;
    let work: string;
    let hosts: TerminalHost[];
    let strangers: ChildProcess[];
    let seen: Map<Terminal, TerminalEvent[]>;

    beforeEach(async () => {
      home = await mkdtemp(join(tmpdir(), "dev flow 홈 "));
      work = await mkdtemp(join(tmpdir(), "devflow 작업 "));
      hosts = [];
      strangers = [];
      seen = new Map();
    });
    afterEach(async () => {
      for (const stranger of strangers) stranger.kill("SIGKILL");
      for (const host of hosts) await host.release();
      await setup.destroy(home);
      await rm(home, { recursive: true, force: true });
      await rm(work, { recursive: true, force: true });
    });

    const makeHost = () => {
      const host = setup.make(home);
      hosts.push(host);
      return host;
    };
    const newSession = () => SessionId.parse(ulid());
    const spec = (argv: TerminalSpec["argv"], over: Partial<TerminalSpec> = {}): TerminalSpec => {
      const session = over.session ?? newSession();
      return {
        session,
        run: ulid(),
        label: "a label; with #{signs}",
        argv,
        cwd: work,
        env: { PATH: process.env.PATH ?? "/usr/bin:/bin", TERM: "xterm-256color", DEVFLOW_SESSION: session },
        cols: 80,
        rows: 24,
        ...over,
      };
    };
    /** Opens a terminal and notes everything it tells from the start. */
    const open = async (host: TerminalHost, given: TerminalSpec) => watch(await host.open(given));
    const watch = (terminal: Terminal) => {
      const events: TerminalEvent[] = [];
      seen.set(terminal, events);
      terminal.on((event) => events.push(event));
      return terminal;
    };
    const eventsOf = (terminal: Terminal) => seen.get(terminal) ?? [];
    const outputOf = (terminal: Terminal) =>
      Buffer.concat(eventsOf(terminal).flatMap((event) => (event.type === "output" ? [event.bytes] : []))).toString();
    const shows = (terminal: Terminal, text: string) =>
      vi.waitFor(async () => expect((await terminal.screen()).rows.join("\n")).toContain(text), WAIT);
    const exited = (terminal: Terminal) =>
      vi.waitFor(() => {
        const { exit } = terminal;
        if (!exit) throw new Error("still runs");
        return exit;
      }, WAIT);
    const openSink = async (host: TerminalHost, over: Partial<TerminalSpec> = {}, plain = false) => {
      const file = join(work, `sink-${ulid()}`);
      const terminal = await open(host, spec([process.execPath, SINK, file, ...(plain ? ["plain"] : [])], over));
      await shows(terminal, "sink ready");
      return { terminal, received: () => readFile(file, "utf8") };
    };
    const arrives = (received: () => Promise<string>, text: string) =>
      vi.waitFor(async () => expect(await received()).toBe(text), WAIT);

    describe("opening", () => {
      it("starts the program in its directory at its size and shows its screen", async () => {
        const host = makeHost();
        const terminal = await open(host, spec(["/bin/sh", "-c", "stty size; pwd; exec cat"], { cols: 91, rows: 17 }));
        await shows(terminal, work);
        const screen = await terminal.screen();
        expect(screen).toMatchObject({ cols: 91, alternate: false, bracketedPaste: false });
        expect(screen.rows).toHaveLength(17);
        expect(screen.rows.slice(0, 2)).toEqual(["17 91", work]);
        expect(screen.cursor).toEqual({ row: 2, col: 0, visible: true });
        expect(outputOf(terminal)).toBe(`17 91\r\n${work}\r\n`);
        expect(terminal).toMatchObject({ host: host.kind, exit: undefined });
        expect(terminal.pid).toBeGreaterThan(0);
      });

      it("gives the program its environment exactly, and puts none of it into a command line (T6)", async () => {
        const file = join(work, "env.json");
        const secret = `sk-${ulid()}`;
        process.env.DEVFLOW_CONTRACT_STRANGER = "must not be inherited";
        const env = {
          PATH: process.env.PATH ?? "/usr/bin:/bin",
          TERM: "xterm-256color",
          API_KEY: secret,
          EMPTY: "",
          LINES: "two\nlines\r\n",
          MIXED: " $HOME \"q\" 'q' \\ #{pid} #(id) ; {a} ~ %1 한글 🙂 \t\x1b[0m",
        };
        const write =
          "require('fs').writeFileSync(process.argv[1], JSON.stringify(process.env)); setInterval(() => {}, 1e6); console.log('written')";
        const terminal = await open(makeHost(), spec([process.execPath, "-e", write, file], { env }));
        await shows(terminal, "written");
        expect(JSON.parse(await readFile(file, "utf8"))).toEqual(env);
        delete process.env.DEVFLOW_CONTRACT_STRANGER;
        expect(await commandLinesWith(secret)).toEqual([]);
      });

      it("passes every argument on as it is", async () => {
        const args = [
          "",
          "two words",
          "a;b;",
          ";",
          "\\;",
          "$HOME",
          "#{pid}",
          "*",
          "한글",
          "'q' \"q\"",
          "-n",
          "line\nbreak",
          "~",
        ];
        const print = "console.log(JSON.stringify(process.argv.slice(1))); setInterval(() => {}, 1e6)";
        const terminal = await open(makeHost(), spec([process.execPath, "-e", print, "--", ...args], { cols: 400 }));
        await shows(terminal, "]");
        expect(JSON.parse((await terminal.screen()).rows.join(""))).toEqual(args);
      });

      it("refuses a directory that is not there", async () => {
        await expect(makeHost().open(spec(["/bin/sh"], { cwd: join(work, "none") }))).rejects.toMatchObject({
          code: "terminal.open_failed",
        });
      });

      it("lets a program that does not exist end at once, with a code", async () => {
        const terminal = await open(makeHost(), spec([join(work, "no such program")]));
        expect(await exited(terminal)).toEqual({ code: 127 });
      });

      it("keeps terminals apart", async () => {
        const host = makeHost();
        const [one, two] = await Promise.all([
          open(host, spec(["/bin/sh", "-c", "echo first; exec cat"])),
          open(host, spec(["/bin/sh", "-c", "echo second; exec cat"])),
        ]);
        await shows(one, "first");
        await shows(two, "second");
        expect(one.key).not.toBe(two.key);
        expect(outputOf(one)).toBe("first\r\n");
        expect(outputOf(two)).toBe("second\r\n");
      });
    });

    describe("what a program says", () => {
      it("tells titles, bells and operating system commands", async () => {
        const script = String.raw`printf '\033]0;Working\007\007\033]9;done\007\033]133;A\033\\\033]2;한글\007said'; exec cat`;
        const terminal = await open(makeHost(), spec(["/bin/sh", "-c", script]));
        await shows(terminal, "said");
        expect(eventsOf(terminal).filter((event) => event.type !== "output")).toEqual([
          { type: "title", title: "Working" },
          { type: "bell" },
          { type: "osc", code: 9, text: "done" },
          { type: "osc", code: 133, text: "A" },
          { type: "title", title: "한글" },
        ]);
        expect((await terminal.screen()).title).toBe("한글");
      });

      it("knows the alternate screen, a hidden cursor and bracketed paste", async () => {
        const script = String.raw`printf 'before\033[?1049h\033[H\033[?25l\033[?2004hinside'; exec cat`;
        const terminal = await open(makeHost(), spec(["/bin/sh", "-c", script]));
        await shows(terminal, "inside");
        expect(await terminal.screen()).toMatchObject({
          alternate: true,
          bracketedPaste: true,
          cursor: { row: 0, col: 6, visible: false },
        });
      });

      it("stays right through a flood", async () => {
        const script =
          "i=0; while [ $i -lt 60000 ]; do echo line $i of a long flood of output; i=$((i+1)); done; exec cat";
        const terminal = await open(makeHost(), spec(["/bin/sh", "-c", script]));
        await shows(terminal, "line 59999 of");
        expect((await terminal.screen()).rows[22]).toBe("line 59999 of a long flood of output");
      });
    });

    describe("typing", () => {
      it("pastes every text byte for byte, as one bracketed paste", async () => {
        const { terminal, received } = await openSink(makeHost());
        let all = "";
        for (const [what, text] of Object.entries(PAYLOADS)) {
          expect(await terminal.paste(`paste ${what}`, text), what).toBe("typed");
          all += PASTE.start + text.replaceAll("\n", "\r") + PASTE.end;
          await arrives(received, all);
        }
      });

      it("pastes a text that was brought near like any other, and another one in its place", async () => {
        const { terminal, received } = await openSink(makeHost());
        terminal.bring?.("one, brought");
        expect(await terminal.paste("one", "one, brought")).toBe("typed");
        expect(await terminal.paste("one", "one, brought")).toBe("already");
        terminal.bring?.("never pasted");
        terminal.bring?.("not yet");
        expect(await terminal.paste("two", "two")).toBe("typed");
        expect(await terminal.paste("three", "not yet")).toBe("typed");
        const pasted = ["one, brought", "two", "not yet"].map((text) => PASTE.start + text + PASTE.end);
        await arrives(received, pasted.join(""));
      });

      it("pastes without the marks into a program that did not ask for them", async () => {
        const { terminal, received } = await openSink(makeHost(), {}, true);
        expect(await terminal.paste("p", "plain text;")).toBe("typed");
        await arrives(received, "plain text;");
      });

      it("types text as keystrokes and presses keys", async () => {
        const { terminal, received } = await openSink(makeHost());
        expect(await terminal.type("t", "Enter; 한글 \\; $HOME #{pid};")).toBe("typed");
        expect(
          await terminal.press("k", "Enter", "Escape", "C-c", "C-u", "Up", "Down", "Tab", "Space", "BSpace", "y", "1"),
        ).toBe("typed");
        await arrives(received, "Enter; 한글 \\; $HOME #{pid};\r\x1b\x03\x15\x1b[A\x1b[B\t \x7fy1");
      });

      it("takes each key once, whichever way it types (T3)", async () => {
        const { terminal, received } = await openSink(makeHost());
        const hostile = "a key: with; $signs #{pid} 한글 \"'\\";
        expect(await terminal.paste(hostile, "one")).toBe("typed");
        expect(await terminal.paste(hostile, "one")).toBe("already");
        expect(await terminal.press(hostile, "Enter")).toBe("already");
        expect(await terminal.type(hostile, "one")).toBe("already");
        expect(await terminal.type("other", "two")).toBe("typed");
        expect(await terminal.taken(["other", "none", hostile])).toEqual(["other", hostile]);
        expect(await terminal.taken([])).toEqual([]);
        await arrives(received, `${PASTE.start}one${PASTE.end}two`);
      });

      it("keeps pastes whole and single when many come at once", async () => {
        const { terminal, received } = await openSink(makeHost());
        const texts = Array.from({ length: 20 }, (_, i) => `${i};`.repeat(3_000));
        const done = await Promise.all([...texts, ...texts].map((text) => terminal.paste(text.slice(0, 100), text)));
        expect(done.filter((one) => one === "typed")).toHaveLength(20);
        await vi.waitFor(async () => {
          const parts = (await received()).split(PASTE.end).slice(0, -1);
          expect(parts.sort()).toEqual(texts.map((text) => PASTE.start + text).sort());
        }, WAIT);
      });

      it("types nothing into a terminal whose program has ended (T4)", async () => {
        const { terminal, received } = await openSink(makeHost());
        await terminal.paste("before", "x");
        await arrives(received, `${PASTE.start}x${PASTE.end}`);
        process.kill(await sinkPid(terminal), "SIGKILL");
        await exited(terminal);
        expect(await terminal.paste("after", "y")).toBe("gone");
        expect(await terminal.press("enter", "Enter")).toBe("gone");
        expect(await terminal.type("typed", "y")).toBe("gone");
        expect(await terminal.taken(["before", "after", "enter", "typed"])).toEqual(["before"]);
        expect(await received()).toBe(`${PASTE.start}x${PASTE.end}`);
      });

      it("types each text once, however often its typist is killed in the middle (T3)", async () => {
        const { terminal, received } = await openSink(makeHost());
        const count = 120;
        let rounds = 0;
        for (let finished = false; !finished; rounds++) {
          const before = (await received()).length;
          const [command, ...args] = setup.typist(home, terminal.session, count);
          const typist = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
          strangers.push(typist);
          let said = "";
          typist.stdout.on("data", (bytes) => {
            said += bytes;
          });
          const ended = new Promise((resolve) => typist.on("close", resolve));
          await Promise.race([
            ended,
            vi.waitFor(async () => expect((await received()).length).toBeGreaterThan(before), WAIT),
          ]);
          // Anywhere in its work, a different place each round; the last rounds may finish.
          if (rounds < 6) {
            await pause(rounds);
            typist.kill("SIGKILL");
          }
          await ended;
          finished = said.includes("done");
        }
        expect(rounds).toBeGreaterThan(1);
        const all = Array.from({ length: count }, (_, i) => `${PASTE.start}item-${i};${PASTE.end}`).join("");
        await arrives(received, all);
      }, 60_000);
    });

    describe("restarts", () => {
      it("gives the same terminal back with its screen, its keys and its future (T1, T2, T3)", async () => {
        const first = makeHost();
        const { terminal: before, received } = await openSink(first);
        await before.paste("k1", "one");
        await arrives(received, `${PASTE.start}one${PASTE.end}`);
        const screen = await before.screen();
        await first.release();

        const second = makeHost();
        const after = await second.adopt(before.session);
        if (!after) throw new Error("not adopted");
        watch(after);
        expect({ key: after.key, pid: after.pid, exit: after.exit }).toEqual({
          key: before.key,
          pid: before.pid,
          exit: undefined,
        });
        expect(await after.screen()).toEqual(screen);
        expect(await after.paste("k1", "one")).toBe("already");
        expect(await after.taken(["k1", "k2"])).toEqual(["k1"]);
        expect(await after.paste("k2", "two")).toBe("typed");
        await arrives(received, `${PASTE.start}one${PASTE.end}${PASTE.start}two${PASTE.end}`);
        process.kill(await sinkPid(after), "SIGTERM");
        expect(await exited(after)).toEqual({ signal: "SIGTERM" });
      });

      it("brings back colours, wide characters, the alternate screen and the title", async () => {
        const first = makeHost();
        const script = String.raw`printf '\033]2;the title\007\033[?1049h\033[H\033[31m빨강\033[0m 🙂 end\033[5;10Hthere\033[?25l'; exec cat`;
        const before = await open(first, spec(["/bin/sh", "-c", script]));
        await shows(before, "there");
        const screen = await before.screen();
        await first.release();
        const after = await makeHost().adopt(before.session);
        // Nobody was there to see what the program had asked for, where the terminal does not tell it.
        const { bracketedPaste, ...shown } = screen;
        expect(await after?.screen()).toMatchObject(shown);
        expect([bracketedPaste, undefined]).toContain((await after?.screen())?.bracketedPaste);
      });

      it("finds a program that ended while nobody looked, with how it ended (T2)", async () => {
        const first = makeHost();
        const go = join(work, "go");
        const before = await open(
          first,
          spec(["/bin/sh", "-c", `until [ -e '${go}' ]; do sleep 0.02; done; echo last words; exit 3`]),
        );
        await first.release();
        await writeFile(go, "");
        const { pid } = before;
        await vi.waitFor(() => expect(pid !== undefined && isAlive(pid)).toBe(false), WAIT);
        const second = makeHost();
        const after = await second.adopt(before.session);
        if (!after) throw new Error("not adopted");
        watch(after);
        expect(await exited(after)).toEqual({ code: 3 });
        await shows(after, "last words");
        await vi.waitFor(() => expect(eventsOf(after).filter((event) => event.type === "exit")).toHaveLength(1), WAIT);
        expect(await second.list()).toMatchObject([{ session: before.session, alive: false }]);
        await after.close();
        expect(await second.adopt(before.session)).toBeUndefined();
      });

      it("knows nothing of a session that it never had", async () => {
        const host = makeHost();
        expect(await host.adopt(newSession())).toBeUndefined();
        expect(await host.list()).toEqual([]);
        await open(host, spec(["/bin/cat"]));
        expect(await host.adopt(newSession())).toBeUndefined();
      });

      it("lists what lives, with its run", async () => {
        const host = makeHost();
        const given = spec(["/bin/cat"]);
        const terminal = await open(host, given);
        const listed = [{ session: given.session, run: given.run, key: terminal.key, alive: true }];
        expect(await host.list()).toEqual(listed);
        await host.release();
        expect(await makeHost().list()).toEqual(listed);
      });

      it("goes on recording in the same file", async () => {
        const first = makeHost();
        const file = join(work, "session.cast");
        const given = spec(["/bin/sh", "-c", "echo before; exec cat"], { record: { file, maxBytes: 1_000_000 } });
        const before = await open(first, given);
        await shows(before, "before");
        await first.release();
        const second = makeHost();
        const after = await second.adopt(given.session);
        await after?.type("t", "after");
        await vi.waitFor(async () => expect((await after?.screen())?.rows.join()).toContain("after"), WAIT);
        await after?.close();
        const [header, ...events] = (await readFile(file, "utf8"))
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line));
        expect(header).toMatchObject({ version: 2, width: 80, height: 24 });
        const text = events.flatMap(([, kind, data]) => (kind === "o" ? [data] : [])).join("");
        expect(text).toMatch(/^before\r\n[\s\S]*after/);
      });
    });

    describe("the end", () => {
      it("tells every listener once, after the last output, with the code (T5)", async () => {
        const host = makeHost();
        const script = "i=0; while [ $i -lt 3000 ]; do echo row $i; i=$((i+1)); done; echo the very last; exit 7";
        const terminal = await open(host, spec(["/bin/sh", "-c", script]));
        const other: string[] = [];
        terminal.on((event) => other.push(event.type));
        expect(await exited(terminal)).toEqual({ code: 7 });
        await vi.waitFor(() => expect(other).toContain("exit"), WAIT);
        const late: TerminalEvent[] = [];
        terminal.on((event) => late.push(event));
        await vi.waitFor(() => expect(late).toEqual([{ type: "exit", exit: { code: 7 } }]), WAIT);
        await terminal.close();
        const events = eventsOf(terminal);
        expect(outputOf(terminal)).toContain("the very last");
        expect(events.filter((event) => event.type === "exit")).toEqual([{ type: "exit", exit: { code: 7 } }]);
        expect(events.at(-1)?.type).toBe("exit");
        expect(other.filter((type) => type === "exit")).toHaveLength(1);
        expect(other.at(-1)).toBe("exit");
      });

      it("names the signal that ended the program", async () => {
        const terminal = await open(makeHost(), spec(["/bin/sh", "-c", "kill -9 $$"]));
        expect(await exited(terminal)).toEqual({ signal: "SIGKILL" });
      });

      it("shows the last screen until the terminal is closed", async () => {
        const host = makeHost();
        const terminal = await open(host, spec(["/bin/sh", "-c", "echo bye"]));
        expect(await exited(terminal)).toEqual({ code: 0 });
        expect((await terminal.screen()).rows[0]).toBe("bye");
        expect(await host.list()).toMatchObject([{ alive: false }]);
      });

      it("ends when the program has ended although a helper keeps the terminal open", async () => {
        const terminal = await open(makeHost(), spec(["/bin/sh", "-c", "(trap '' HUP; exec sleep 600) & exit 4"]));
        expect(await exited(terminal)).toEqual({ code: 4 });
        expect(await terminal.paste("late", "x")).toBe("gone");
        await terminal.close(200);
      });

      for (const [kind, grace] of [
        ["", 5_000],
        ["stubborn", 100],
      ] as const) {
        it(`closes a ${kind || "willing"} program with its whole family, and leaves strangers alone`, async () => {
          const host = makeHost();
          const file = join(work, "family.json");
          const terminal = await open(host, spec([process.execPath, FAMILY, file, ...(kind ? [kind] : [])]));
          await shows(terminal, "family ready");
          const family: number[] = JSON.parse(await readFile(file, "utf8"));
          const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], {
            stdio: "ignore",
            env: { ...process.env, DEVFLOW_SESSION: newSession() },
          });
          strangers.push(stranger);
          const bystander = await open(host, spec(["/bin/cat"]));

          await Promise.all([terminal.close(grace), terminal.close(grace)]);
          expect(family.filter(isAlive)).toEqual([]);
          expect(isAlive(stranger.pid ?? 0)).toBe(true);
          expect(bystander.exit).toBeUndefined();
          expect((await host.list()).map(({ session }) => session)).toEqual([bystander.session]);
          expect(eventsOf(terminal).filter((event) => event.type === "exit")).toHaveLength(1);
          if (kind) expect(terminal.exit).toEqual({ signal: "SIGKILL" });
          await terminal.close(grace);
          expect(await terminal.paste("k", "x")).toBe("gone");
        });
      }

      it("opens the same session anew once its program has ended, with nothing of the old one", async () => {
        const host = makeHost();
        const session = newSession();
        const first = await open(host, spec(["/bin/sh", "-c", "echo old; exit 1"], { session }));
        await exited(first);
        const { terminal: second, received } = await openSink(host, { session });
        expect(second.key).not.toBe(first.key);
        expect(second.exit).toBeUndefined();
        expect((await second.screen()).rows.join()).not.toContain("old");
        expect(await second.paste("k", "x")).toBe("typed");
        await arrives(received, `${PASTE.start}x${PASTE.end}`);
        expect(await host.list()).toMatchObject([{ session, alive: true }]);
      });
    });

    describe("the rest", () => {
      it("gives the program a new size", async () => {
        const terminal = await open(
          makeHost(),
          spec(["/bin/sh", "-c", "trap 'stty size' WINCH; echo up; while :; do sleep 0.05; done"]),
        );
        await shows(terminal, "up");
        await terminal.resize(120, 31);
        await shows(terminal, "31 120");
        const screen = await terminal.screen();
        expect([screen.cols, screen.rows.length]).toEqual([120, 31]);
      });

      it("is not busy with a person when nobody is there", async () => {
        const terminal = await open(makeHost(), spec(["/bin/cat"]));
        expect(await terminal.busyWithPerson()).toBe(false);
      });

      it("stops telling a listener that has left", async () => {
        const { terminal } = await openSink(makeHost(), {}, true);
        const heard: string[] = [];
        const leave = terminal.on((event) => heard.push(event.type));
        leave();
        await terminal.close(1_000);
        expect(heard).toEqual([]);
      });
    });

    /** The program behind the host's own wrapper, if it has one. */
    const sinkPid = async (terminal: Terminal) => {
      const { pid } = terminal;
      if (pid === undefined) throw new Error("no process");
      for (const candidate of await readdir("/proc").catch(() => [])) {
        const stat = await readFile(`/proc/${candidate}/stat`, "utf8").catch(() => "");
        if (Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]) === pid) return Number(candidate);
      }
      return pid;
    };
  });
}

/** Running, and not a zombie that nobody has reaped yet. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    // Gone in between (Linux), or a system without /proc.
    return !existsSync("/proc/self/stat");
  }
}

/** The processes whose command line holds `text`: what anybody on the machine could read. */
async function commandLinesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(text)) found.push(line);
  }
  return found;
}
