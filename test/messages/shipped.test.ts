/** What devflow ships is described in the language of whoever reads it; what people wrote themselves is left as it is. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { schemaCheck } from "../../src/adapters/artifacts/schema-check.ts";
import { definitions } from "../../src/adapters/definitions/definitions.ts";
import { personaDetails, personasTable, schemasTable, templatesTable } from "../../src/cli/show/definitions.ts";
import { paperOf } from "../../src/cli/style.ts";
import { columnsOf } from "../../src/domain/columns.ts";
import { configText } from "../../src/domain/config-text.ts";
import { referenceOf } from "../../src/domain/names.ts";
import { issueInWords } from "../../src/domain/shape-words.ts";
import { methods } from "../../src/messages/ko/methods.ts";
import { shipped as book } from "../../src/messages/ko/shipped.ts";
import { phrase, shipped, speak } from "../../src/messages/say.ts";
import { METHODS } from "../../src/protocol/methods.ts";

const ROOT = join(import.meta.dirname, "../..");
const AGENTS = ["claude", "codex", "copilot", "gemini", "opencode", "paper", "pi", "qwen"];
const shelves = definitions({ shipped: ROOT, user: undefined, lint: schemaCheck().lint, agents: () => [...AGENTS] });
const [personas, templates, schemas] = await Promise.all([
  shelves.personas.list().then(({ good }) => good),
  shelves.templates.list().then(({ good }) => good),
  shelves.schemas.list().then(({ good }) => good),
]);
const settings: string[] = [];
configText((text) => {
  settings.push(text);
  return text;
});
const texts: readonly (readonly [string, string])[] = [
  ...[...personas, ...templates, ...schemas].map(
    ({ value }) => [referenceOf(value), (value as { description: string }).description] as const,
  ),
  ...settings.map((text) => ["devflow.yaml", text] as const),
];

/** Words that a name or a command does not have. */
const ENGLISH = /\b(?:the|a|an|of|and|without|through|with|over|its?|by|what|which)\b/i;
const paper = paperOf({ columns: 300, colour: false, now: 0 });

beforeEach(() => speak("ko"));
afterEach(() => speak("en"));

describe("Korean", () => {
  test("is there for every shipped persona, template, schema and setting: what is missing goes into ko/shipped.ts", () => {
    const left = texts.filter(([, text]) => !/[가-힣]/.test(shipped(text)) || ENGLISH.test(shipped(text)));
    expect(left).toEqual([]);
    expect(texts.length).toBeGreaterThan(90);
  });

  test("is there for every method of the socket, and for no other: what is missing goes into ko/methods.ts", () => {
    const summaries = Object.values(METHODS).map(({ summary }) => summary);
    expect(Object.keys(methods).toSorted()).toEqual(summaries.toSorted());
    for (const summary of summaries) expect(shipped(summary)).toMatch(/[가-힣]/);
  });

  test("is there for nothing that is shipped no more", () => {
    const needed = (from: string): boolean =>
      texts.some(([, text]) => from.split(/\{\w+\}/).every((part) => text.includes(part)));
    expect(Object.keys(book).filter((from) => !needed(from))).toEqual([]);
  });

  test("is what lists and details show, and what the settings of devflow init are explained with", () => {
    for (const line of [...personasTable(personas, paper), ...templatesTable(templates, paper)].slice(1))
      expect(line).toMatch(/[가-힣]/);
    expect(schemasTable(schemas, paper).join("\n")).toContain("검토의 판정");
    const [claude] = personas.filter(({ value }) => value.name === "claude-implementer");
    expect(claude && personaDetails(claude, paper)[1]).toBe("코드를 바꿉니다. Claude Code(터미널)");
    const file = configText(shipped);
    expect(file).toContain("## 각 에이전트 터미널의 열 수".replace("## ", "##   "));
    expect(Math.max(...file.split("\n").map(columnsOf))).toBeLessThanOrEqual(100);
  });
});

test("a person's own persona is described as they wrote it, also in words that devflow uses", () => {
  const own = personas.slice(0, 1).map((one) => ({ ...one, origin: "user" as const }));
  const [row = ""] = personasTable(own, paper).slice(-1);
  expect(row).toContain(own[0]?.value.description);
});

describe("what is wrong with a request", () => {
  const wrong = z.strictObject({
    ...{ missing: z.string(), text: z.string(), count: z.int().min(1), more: z.number().positive() },
    ...{ most: z.int().max(5), under: z.number().lt(5), one: z.enum(["a", "b"]), path: z.string().startsWith("/") },
    ...{
      short: z.string().min(3),
      long: z.string().max(1),
      few: z.array(z.int()).min(1),
      many: z.array(z.int()).max(1),
    },
    ...{
      name: z.string().regex(/^[a-z]+$/),
      map: z.record(z.string(), z.int()),
      yes: z.boolean(),
      list: z.array(z.int()),
    },
  });
  const value = {
    ...{ text: 1, count: 0, more: 0, most: 6, under: 5, one: "c", path: "x", short: "x", long: "xx", few: [] },
    ...{ many: [1, 2], name: "X", map: 1, yes: "x", list: "x", limt: 1 },
  };
  const said =
    wrong.safeParse(value).error?.issues.map((issue) => [...issue.path, issueInWords(issue)].join(": ")) ?? [];

  test("is said in words of our own, in both languages", () => {
    expect(said).toHaveLength(17);
    expect(said.join("\n")).not.toMatch(/expected|received|Invalid|Too (?:small|big)|Unrecognized/);
    const korean = said.map((one) => phrase(one));
    expect(korean.filter((one) => !/[가-힣]/.test(one))).toEqual([]);
    expect(phrase('limit: at least 1 is needed; "limt" is not known here; and 3 more')).toBe(
      'limit: 1 이상이어야 합니다; "limt"은(는) 여기서 알 수 없습니다; 외 3개',
    );
  });
});
