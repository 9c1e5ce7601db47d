/** What passes between a person's own terminal and an agent: the output they may see, and the keys that are theirs. */
import { expect, test } from "vitest";
import { detachKey } from "../../../src/cli/attach/detach-key.ts";
import { visibleOutput } from "../../../src/cli/attach/visible-output.ts";

const visible = (text: string, past = false) => visibleOutput().feed(Buffer.from(text), past).toString();

test.each([
  ["device attributes", "\x1b[c\x1b[0c\x1b[>c\x1b[=c\x1bZ"],
  ["status and cursor reports", "\x1b[5n\x1b[6n\x1b[?6n"],
  ["window reports and moves", "\x1b[14t\x1b[18t\x1b[8;50;100t"],
  ["mode, version and keyboard queries", "\x1b[?2026$p\x1b[4$p\x1b[>q\x1b[>0q\x1b[?u"],
  ["colour queries", "\x1b]10;?\x07\x1b]11;?\x1b\\\x1b]4;1;?\x07"],
  ["settings queries", "\x1bP$qm\x1b\\\x1bP+q544e\x1b\\"],
  ["the clipboard, whatever its size", `\x1b]52;c;c2VjcmV0\x07\x1b]52;c;${"QUJD".repeat(5000)}\x07`],
  ["answered pictures", "\x1b_Ga=q;AAAA\x1b\\"],
  ["the answerback", "\x05"],
])("%s do not reach the person's terminal", (_, sequences) => {
  expect(visible(`a${sequences}b`)).toBe("ab");
});

test.each([
  ["colours", "\x1b[38;2;1;2;3mred\x1b[0m"],
  ["modes", "\x1b[?1049h\x1b[?2004l"],
  ["the cursor's shape", "\x1b[2 q"],
  ["a restored cursor", "\x1b[u"],
  ["keyboard modes", "\x1b[>1u\x1b[<u"],
  ["titles and links", "\x1b]0;제목\x07\x1b]8;;https://example.com/?a\x1b\\link\x1b]8;;\x1b\\"],
  ["colours that are set", "\x1b]11;#000000\x07"],
  ["characters outside ASCII", "한글 🙂"],
  ["bells and notifications", "\x07\x1b]9;done\x07"],
])("%s pass unchanged", (_, sequences) => {
  expect(visible(sequences)).toBe(sequences);
});

test("bells and notifications of the past are not heard again", () => {
  expect(visible("a\x07b\x1b]9;done\x07c\x1b]777;notify;x\x07", true)).toBe("abc");
});

test("a query cut in two is hidden all the same", () => {
  const output = visibleOutput();
  expect(output.feed(Buffer.from("a\x1b[6"), false).toString()).toBe("a");
  expect(output.feed(Buffer.from("nb"), false).toString()).toBe("b");
});

test.each([
  ["plain", ["\x1dd"]],
  ["in two reads", ["\x1d", "d"]],
  ["with the Korean layout", ["\x1d", Buffer.from("ㅇ").toString("latin1")]],
  ["by the kitty protocol, with keys let go in between", ["\x1b[93;5u", "\x1b[93;5:3u", "\x1b[100u"]],
  ["by modifyOtherKeys", ["\x1b[27;5;93~d"]],
  ["behind other text", ["abc\x1dd"]],
])("the detach key is found %s", (_, typed) => {
  const key = detachKey();
  expect(typed.map((one) => key.feed(one)).at(-1)).toBe("detach");
});

test.each([
  ["text", "hello d", "hello d"],
  ["Ctrl-] twice is one", "a\x1d\x1db", "a\x1db"],
  ["Ctrl-] and another key are both typed", "\x1dx", "\x1dx"],
  ["d after Ctrl-] twice is a d", "\x1d\x1dd", "\x1dd"],
])("what is no detach key is passed on: %s", (_, typed, passed) => {
  const key = detachKey();
  expect([...typed].map((one) => key.feed(one)).join("")).toBe(passed);
  expect(detachKey().feed(typed)).toBe(passed);
});
