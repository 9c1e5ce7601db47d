/** Secrets in a terminal's output, however it is cut into pieces, coloured, wrapped and boxed; and the output around them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { knownSecrets } from "../../src/domain/known-secrets.ts";
import { redactor } from "../../src/domain/redact.ts";
import { outputScrubber, scrubbedRows } from "../../src/domain/terminal-scrub.ts";

const SECRET = "kn0wn-Value-4711-abcdef";
const SHAPED = ["sk-ant", "api03", `${"aB3".repeat(14)}xyz`].join("-");
const known = knownSecrets([SECRET]);
const scrubber = () => outputScrubber(known, redactor(known));

const ESC = "\u001b";
const MASKED = (secret: string): string => "[redacted]".padEnd(secret.length, "*");

function pushed(pieces: readonly string[]): string {
  const one = scrubber();
  return [...pieces.map((piece) => one.push(piece)), one.rest()].join("");
}
const inPieces = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size));

describe.each([
  ["known by value", SECRET],
  ["known by its shape", SHAPED],
])("a secret %s", (_, secret) => {
  const text = `before ${secret} after\r\n${ESC}[2J${ESC}[1;1H$ `;

  test.each([1, 2, 3, 7, 16, 1000])("is taken out of output that comes in pieces of %i", (size) => {
    expect(pushed(inPieces(text, size))).toBe(text.replace(secret, MASKED(secret)));
  });

  test("is taken out when colours cut it, and the colours stay", () => {
    const coloured = [...secret].map((char, n) => (n % 5 === 0 ? `${ESC}[3${n % 8}m${char}` : char)).join("");
    const after = pushed(inPieces(`x ${coloured}${ESC}[0m y`, 4));
    expect(after.replace(/\u001b\[[0-9;]*m/g, "")).toBe(`x ${MASKED(secret)} y`);
    expect(after.match(/\u001b\[/g)).toHaveLength(coloured.split(ESC).length);
  });

  test("is taken out of a title", () => {
    expect(pushed([`${ESC}]0;run ${secret.slice(0, 9)}`, `${secret.slice(9)}\u0007done`])).toBe(
      `${ESC}]0;run [redacted]\u0007done`,
    );
  });

  test("that is the last thing there is, is taken out", () => {
    expect(pushed(inPieces(secret, 5))).toBe(MASKED(secret));
  });

  test("that comes after a pause in its first characters is taken out as far as it has not been shown", () => {
    const one = scrubber();
    const out =
      one.push(`a ${secret.slice(0, 4)}`) + one.pause() + one.push(secret.slice(4)) + one.push(" b") + one.rest();
    expect(out).toBe(`a ${secret.slice(0, 4)}${MASKED(secret).slice(4)} b`);
  });

  test("is not let go of by a pause when more of it has come", () => {
    const one = scrubber();
    const out = one.push(`a ${secret.slice(0, 19)}`) + one.pause() + one.push(`${secret.slice(19)} b`) + one.rest();
    expect(out).toBe(`a ${MASKED(secret)} b`);
  });
});

describe("a secret known by value", () => {
  test("is taken out when a program wraps it in a box", () => {
    const rows = [
      "╭─────────────╮",
      `│ ${SECRET.slice(0, 11)} │`,
      `│ ${SECRET.slice(11).padEnd(11)} │`,
      "╰─────────────╯",
    ];
    const shown = scrubbedRows(rows, known, redactor(known)).join("\n");
    expect(shown).not.toContain(SECRET.slice(0, 11));
    expect(shown).not.toContain(SECRET.slice(11));
    expect(shown.replace(/[^╭╮╰╯─│\n]/g, "")).toBe(rows.join("\n").replace(/[^╭╮╰╯─│\n]/g, ""));
  });

  test("is taken out when the cursor is moved in the middle of it", () => {
    const shown = pushed([`${SECRET.slice(0, 8)}${ESC}[5;1H`, SECRET.slice(8), " end"]);
    expect(shown).toContain(`${ESC}[5;1H`);
    expect(shown).not.toContain(SECRET.slice(0, 8));
    expect(shown).not.toContain(SECRET.slice(8));
  });
});

test("a key of a known shape is taken out when a program breaks it at the end of a full row", () => {
  const [first, second] = [SHAPED.slice(0, 12), SHAPED.slice(12)];
  const before = `│ ${"some words ".repeat(5)}`;
  const shown = scrubbedRows(
    [`${before}${first} │`, `│   ${second} and more │`, "│ next row │"],
    known,
    redactor(known),
  );
  expect(shown).toEqual([`${before}[redacted]** │`, `│   ${second.replace(/./g, "*")} and more │`, "│ next row │"]);
  const key = SHAPED.slice(0, 40);
  expect(scrubbedRows([`key ${key}`, "next row"], known, redactor(known))).toEqual([`key ${MASKED(key)}`, "next row"]);
});

test("a private key is taken out, whenever its lines come", () => {
  const line = "Ab3+".repeat(16);
  const key = [
    "-----BEGIN OPENSSH PRIVATE",
    ` KEY-----\r\n${line}\r\n${line}\r\n-----END OPENSSH PRIVATE`,
    " KEY-----",
  ].join("");
  for (const size of [5, 40, 1000]) {
    const shown = pushed(inPieces(`cat key\r\n${key}\r\n$ `, size));
    expect(shown).not.toContain(line.slice(0, 8));
    expect(shown).toMatch(/^cat key\r\n/);
    expect(shown).toMatch(/\r\n\$ $/);
  }
});

test("output that has come to rest is shown, whatever word it ends in", () => {
  const one = scrubber();
  for (const text of ["press any key", "12k tokens", "s", "$ ", "sk-", "이름: 토큰 ", `k${ESC}[K`]) {
    expect(one.push(text) + one.pause()).toBe(text);
    one.push("\n");
  }
});

test("output without a secret comes out as it went in, in whatever pieces", () => {
  const words = fc.constantFrom(
    "token",
    "key: ",
    "sk-",
    "\r\n",
    `${ESC}[31m`,
    `${ESC}[2;5H`,
    `${ESC}]0;a title\u0007`,
    "한글 ",
    " ",
    "x",
    "-----BEGIN ",
    "passw",
    "://",
    "│",
    "kn0wn",
    `${ESC}`,
    "[",
    "é😀",
  );
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      (parts, size, pausing) => {
        const text = parts.join("");
        const one = scrubber();
        let out = "";
        for (const piece of inPieces(text, size)) out += one.push(piece) + (pausing ? one.pause() : "");
        expect(out + one.rest()).toBe(text);
      },
    ),
    { numRuns: 300 },
  );
});
