/** What is taken out of texts, and what is left alone: secrets known by value in every form, the shapes of others, a corpus of both. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { knownSecrets } from "../../src/domain/known-secrets.ts";
import { MASK, redactor } from "../../src/domain/redact.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/scrub");
const lines = <T>(file: string): T[] =>
  readFileSync(join(FIXTURES, file), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** A secret is stored in pieces, so that no scanner of repositories takes it for a real one. */
const secrets = lines<{ kind: string; text: string; secret: string[] }>("secrets.jsonl").map((line) => ({
  ...line,
  secret: line.secret.join(""),
}));
const plain = lines<{ kind: string; text: string }>("plain.jsonl");

const byShape = redactor([]);

describe("the corpus", () => {
  test("has at least 300 secrets and 300 texts that hold none, of many kinds", () => {
    expect(secrets.length).toBeGreaterThanOrEqual(300);
    expect(plain.length).toBeGreaterThanOrEqual(300);
    expect(new Set(secrets.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(25);
    expect(new Set(plain.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(10);
  });

  test("at least 95 % of the secrets are taken out whole, and nothing around them", () => {
    const missed = secrets.filter(({ text, secret }) => byShape(filled(text, secret)) !== filled(text, MASK));
    expect(missed.map(({ kind, text }) => `${kind}: ${text}`).slice(0, 20)).toHaveLength(
      Math.min(missed.length, secrets.length * 0.05),
    );
  });

  test("of no secret that counts as taken out is any half left", () => {
    const left = secrets.filter(({ text, secret }) => {
      const after = byShape(filled(text, secret));
      const half = Math.ceil(secret.length / 2);
      const said = (part: string): boolean => after.includes(part) && !text.includes(part);
      return after !== filled(text, secret) && (said(secret.slice(0, half)) || said(secret.slice(half)));
    });
    expect(left.map(({ kind }) => kind)).toEqual([]);
  });

  test("at most 0.5 % of the texts without a secret are changed", () => {
    const changed = plain.filter(({ text }) => byShape(text) !== text).map(({ text }) => text);
    expect(changed.slice(0, Math.floor(plain.length * 0.005))).toEqual(changed);
  });

  test("what was scrubbed once stays as it is", () => {
    for (const { text, secret } of secrets) {
      const once = byShape(filled(text, secret));
      expect(byShape(once)).toBe(once);
    }
  });
});

const filled = (text: string, secret: string): string => text.replace("{}", () => secret);

describe("a secret that is known by value", () => {
  const secret = 'wörd "with" a/slash + 공백';
  const redact = redactor([secret]);
  const forms: Record<string, string> = {
    "as it is": secret,
    "in JSON": JSON.stringify({ a: secret }),
    "in JSON in JSON": JSON.stringify({ a: JSON.stringify({ b: secret }) }),
    "in JSON of ASCII": JSON.stringify(secret).replace(
      /[^ -~]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
    "in a URL": `https://x.example/?q=${encodeURIComponent(secret)}`,
    "in a form": new URLSearchParams({ q: secret }).toString(),
    "as hex": `0x${Buffer.from(secret).toString("hex")}`,
    "in base64": Buffer.from(secret).toString("base64"),
    "in base64 behind one byte": Buffer.from(`:${secret} and more`).toString("base64"),
    "in base64 behind two bytes": Buffer.from(`a:${secret}`).toString("base64"),
    "in base64 of URLs behind other text": Buffer.from(`user:${secret}`).toString("base64url"),
  };

  test.each(Object.entries(forms))("is taken out %s", (_, text) => {
    const after = redact(text);
    expect(after).toContain(MASK);
    // Of the encodings a character or two at the edges is shared with what stands beside it.
    expect(text.length - after.replace(MASK, "").length).toBeGreaterThanOrEqual(secret.length - 2);
    expect(after.replace(MASK, "").length).toBeLessThan(text.length - secret.length + 12);
  });

  test("that is short is left alone: it would be found in every other word", () => {
    expect(redactor(["seven77"])("seven77 and more")).toBe("seven77 and more");
  });

  test("is found beside and inside another, and taken out whole", () => {
    const both = redactor(["abcdefgh-1", "fgh-1-and-further"]);
    expect(both("x abcdefgh-1-and-further y abcdefgh-1abcdefgh-1 z")).toBe(`x ${MASK} y ${MASK}${MASK} z`);
  });

  test("of several lines is found line by line too", () => {
    const key = `-----BEGIN X-----\n${"Ab3".repeat(16)}\n${"9Zq".repeat(16)}\n-----END X-----`;
    expect(redactor([key])(`a ${"9Zq".repeat(16)} b`)).toBe(`a ${MASK} b`);
  });

  test("can become known while devflow runs", () => {
    const known = knownSecrets();
    const later = redactor(known);
    expect(later("late-secret-1")).toBe("late-secret-1");
    known.add("late-secret-1");
    expect(later("a late-secret-1")).toBe(`a ${MASK}`);
  });

  test("is found among five hundred others, wherever it stands", () => {
    const many = Array.from({ length: 500 }, (_, n) => `value-${n}-${(n * 7919).toString(36)}-x`);
    const all = redactor(many);
    for (const one of many) {
      expect(all(`${one}`)).toBe(MASK);
      expect(all(`before ${one} after`)).toBe(`before ${MASK} after`);
    }
  });
});

test("a text of megabytes without an end of anything is done before the test's time is over", () => {
  for (const piece of [
    "-----BEGIN PRIVATE KEY-----",
    "key:",
    "://a:",
    "eyJ-",
    "SG.a",
    "eyJa.eyJ",
    "password password ",
    "A".repeat(50),
    "Bearer ",
  ]) {
    const text = piece.repeat(Math.ceil(400_000 / piece.length));
    expect(byShape(text).length, piece).toBeGreaterThan(0);
  }
});
