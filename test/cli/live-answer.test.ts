/** What an agent says, as a talk shows it while it is said. */
import { describe, expect, test } from "vitest";
import { liveAnswer } from "../../src/cli/chat/live-answer.ts";

const piece = (text: string, message = "1", last = false) => ({ session: "s", message, text, last });

/** What was shown after each piece, the end of the turn included. */
function shown(pieces: readonly string[], answer: string | undefined): string[][] {
  const live = liveAnswer();
  return [...pieces.map((text) => live.hear(piece(text))), live.end(answer)];
}

describe("blocks", () => {
  test("are shown as soon as they are whole, and the last one when the turn is over", () => {
    expect(
      shown(
        ["One", " line.\n", "\nTwo", " lines\nof it.\n\n", "Th", "ree."],
        "One line.\n\nTwo lines\nof it.\n\nThree.",
      ),
    ).toEqual([[], [], ["One line.\n\n"], [], ["Two lines\nof it.\n\n"], [], ["Three."]]);
  });

  test("of code are never cut at an empty line, nor is what stands indented under a list", () => {
    const code = "```sh\na\n\nb\n```\n";
    expect(shown([...code, "\nAfter."], `${code}\nAfter.`).flat()).toEqual([`${code}\n`, "After."]);
    expect(shown(["- one\n\n  more of it\n\n- two"], "- one\n\n  more of it\n\n- two").flat().join("")).toBe(
      "- one\n\n  more of it\n\n- two",
    );
    expect(shown(["- one\n\n  more"], undefined)).toEqual([[], ["- one\n\n  more"]]);
  });
});

describe("at the end of a turn", () => {
  test("the answer that was heard is not shown again, however its pieces were put together", () => {
    const live = liveAnswer();
    expect(live.hear(piece("I look.\n\n"))).toEqual([]);
    expect(live.pause()).toEqual(["I look.\n\n"]);
    expect(live.hear(piece("It is small.", "2", true))).toEqual([]);
    expect(live.end("It is small.")).toEqual(["It is small."]);
    live.hear(piece("First.", "3", true));
    expect(live.hear(piece("Second.", "4", true))).toEqual(["First."]);
    expect(live.end("First.\n\nSecond.")).toEqual(["Second."]);
  });

  test("an answer of which pieces are missing is shown whole", () => {
    expect(shown(["the end of it"], "The beginning, and the end of it")).toEqual([
      [],
      ["The beginning, and the end of it"],
    ]);
  });

  test("what was said is shown, if there is no answer; and nothing goes on into the next turn", () => {
    const live = liveAnswer();
    live.hear(piece("Half of"));
    expect(live.end(undefined)).toEqual(["Half of"]);
    expect(live.end("Another.")).toEqual(["Another."]);
  });

  test("what a daemon that was started again tells once more is not shown again", () => {
    const live = liveAnswer();
    live.hear(piece("One.", "1", true));
    expect(live.pause()).toEqual(["One."]);
    expect(live.hear(piece("One.", "1", true))).toEqual([]);
    expect(live.hear(piece("Two.", "2", true))).toEqual([]);
    expect(live.end("Two.")).toEqual(["Two."]);
  });
});
