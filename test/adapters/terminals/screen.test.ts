/** The emulator: what a person would see on a program's screen, and what the program tells by escape sequences. */
import { afterEach, describe, expect, it } from "vitest";
import { type Emulator, emulator, type ScreenEvent } from "../../../src/adapters/terminals/screen.ts";

let open: Emulator[] = [];
afterEach(() => {
  for (const one of open) one.dispose();
  open = [];
});

function start(cols = 40, rows = 5) {
  const events: ScreenEvent[] = [];
  const pressure: boolean[] = [];
  const paste: boolean[] = [];
  const replies: string[] = [];
  const screen = emulator({
    cols,
    rows,
    onEvent: (event) => events.push(event),
    onPressure: (high) => pressure.push(high),
    onBracketedPaste: (on) => paste.push(on),
    onReply: (text) => replies.push(text),
  });
  open.push(screen);
  const write = (text: string) => screen.write(Buffer.from(text));
  return { screen, events, pressure, paste, replies, write };
}

describe("a screen", () => {
  it("shows text, cursor and modes, with lines right-trimmed", async () => {
    const { screen, write } = start(20, 4);
    write("one  \r\n한글 🙂 two\x1b[?25l\x1b[?2004h");
    expect(await screen.read()).toEqual({
      cols: 20,
      rows: ["one", "한글 🙂 two", "", ""],
      cursor: { row: 1, col: 11, visible: false },
      title: "",
      alternate: false,
      bracketedPaste: true,
    });
  });

  it("puts a character together whose bytes came in two pieces", async () => {
    const { screen } = start();
    const bytes = Buffer.from("가나다");
    screen.write(bytes.subarray(0, 4));
    screen.write(bytes.subarray(4));
    expect((await screen.read()).rows[0]).toBe("가나다");
  });

  it("tells titles, bells and operating system commands in the order they came", async () => {
    const { screen, events, write } = start();
    write(
      "\x1b]0;Working\x07plain\x07\x1b]9;4;1;50\x1b\\\x1b]133;A\x07\x1b]777;notify;Done;all\x07\x1b]7501;busy\x07\x1b]2;Ready\x07",
    );
    await screen.settled();
    expect(events).toEqual([
      { type: "title", title: "Working" },
      { type: "bell" },
      { type: "osc", code: 9, text: "4;1;50" },
      { type: "osc", code: 133, text: "A" },
      { type: "osc", code: 777, text: "notify;Done;all" },
      { type: "osc", code: 7501, text: "busy" },
      { type: "title", title: "Ready" },
    ]);
    expect((await screen.read()).title).toBe("Ready");
  });

  it("hears commands inside a tmux passthrough wherever the bytes are cut, and shows nothing of the envelope", async () => {
    const bytes = Buffer.from(
      "a\x1bPtmux;\x1b\x1b]9;done\x07\x1b\\b\x1bPtmux;\x1b\x1b[2J\x1b\\c\x1bPno\x1b\\d\x1b]9;bare\x1b\\e",
    );
    for (let cut = 1; cut < bytes.length; cut++) {
      const { screen, events } = start();
      screen.write(bytes.subarray(0, cut));
      screen.write(bytes.subarray(cut));
      expect((await screen.read()).rows[0], `cut at ${cut}`).toBe("abcde");
      expect(events, `cut at ${cut}`).toEqual([
        { type: "osc", code: 9, text: "done" },
        { type: "osc", code: 9, text: "bare" },
      ]);
    }
  });

  it("tells titles, marks and the bell wherever the bytes are cut, though nobody reads it and no answers are wanted of it", async () => {
    const told = "\x1b[2K\x1b]0;one\x07\x1b[1mtext\x1b]133;C\x1b\\more\x1b[0m\x07";
    for (let cut = 1; cut < told.length; cut += 1) {
      const heard: string[] = [];
      const screen = emulator({ cols: 40, rows: 5, onEvent: (event) => heard.push(event.type) });
      open.push(screen);
      screen.write(Buffer.from(told.slice(0, cut)));
      screen.write(Buffer.from(told.slice(cut)));
      await expect.poll(() => heard, { timeout: 5_000, interval: 1 }).toEqual(["title", "osc", "bell"]);
    }
  });

  it("starts over from a seed without telling events for it", async () => {
    const { screen, events, paste, write } = start(20, 3);
    write("old\x1b[?1049h\x07");
    screen.seed(Buffer.from("\x1b[1;1Hnew\x07\x1b]0;x\x07\x1b[?2004h"), "Kept");
    write("er");
    const screenNow = await screen.read();
    expect(screenNow.rows).toEqual(["newer", "", ""]);
    expect(screenNow).toMatchObject({ title: "Kept", alternate: false, bracketedPaste: true });
    expect(events).toEqual([{ type: "bell" }]);
    expect(paste).toEqual([]);
  });

  it("knows of marked pastes what it has seen the program ask for, and no more", async () => {
    const { screen, write } = start(20, 3);
    const marked = async () => (await screen.read()).bracketedPaste;
    expect(await marked()).toBe(false);
    screen.seed(Buffer.from("$ "), "", true);
    expect(await marked()).toBeUndefined();
    write("\x1b[?2004h");
    expect(await marked()).toBe(true);
    write("\x1b[?2004l");
    expect(await marked()).toBe(false);
  });

  it("lays out what came before a resize for the old size", async () => {
    const { screen, write } = start(10, 3);
    write("0123456789");
    screen.resize(5, 3);
    write("\r\nab");
    const { cols, rows } = await screen.read();
    expect(cols).toBe(5);
    expect(rows.join("|")).toContain("ab");
  });

  it("asks its source to pause while output piles up, and loses none of it", async () => {
    const { screen, pressure } = start(80, 3);
    for (let i = 0; i < 300; i++) screen.write(Buffer.from(`\x1b[m${"x".repeat(1000)}\r\n`));
    screen.write(Buffer.from("last"));
    expect((await screen.read()).rows[2]).toBe("last");
    expect(pressure).toEqual([true, false]);
  });

  it("answers a program's query for the cursor, when somebody passes the answer on", async () => {
    const { screen, replies, write } = start();
    write("ab\x1b[6n");
    await screen.settled();
    expect(replies).toEqual(["\x1b[1;3R"]);
  });

  it("says when a program asks for bracketed paste and when it no longer wants it", async () => {
    const { screen, paste, write } = start();
    write("\x1b[?2004h");
    await screen.settled();
    write("\x1b[?2004l");
    await screen.settled();
    expect(paste).toEqual([true, false]);
  });
});
