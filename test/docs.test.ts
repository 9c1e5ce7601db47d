/** What people read is held to the code: commands, codes, words, links, examples, and everything that is made from the code. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { made } from "../scripts/docs/made.ts";
import { schemaCheck } from "../src/adapters/artifacts/schema-check.ts";
import { readConfig } from "../src/adapters/definitions/config.ts";
import { definitions } from "../src/adapters/definitions/definitions.ts";
import { COMMAND_PATHS, isCommand } from "../src/cli/command-table.ts";
import { DEVFLOWD_COMMANDS } from "../src/daemon/help.ts";
import { RunEvent } from "../src/domain/event.ts";
import { FAILURES } from "../src/domain/failure.ts";
import { referenceOf } from "../src/domain/names.ts";
import { ko } from "../src/messages/ko.ts";
import { METHODS, type MethodName } from "../src/protocol/methods.ts";
import { anchors, fences, links, type Page, pages, ROOT, spans } from "./support/pages.ts";

const all = pages();
const page = (path: string): Page => all.find((one) => one.path === path) ?? { path, text: "" };
const README = page("README.md");

const under = (folder: string, end: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => end.test(name))
    .map((name) => readFileSync(join(ROOT, folder, name), "utf8"));
const source = under("src", /\.ts$/).join("\n");

describe("What is made from the code", () => {
  test("is current: npm run docs writes it", async () => {
    for (const [path, text] of await made(ROOT)) expect(readFileSync(join(ROOT, path), "utf8"), path).toBe(text);
  });

  test.each(["persona", "template", "agent"])("the %s schema for editors takes what is shipped", (kind) => {
    const schema = JSON.parse(readFileSync(join(ROOT, `schemas/${kind}.schema.json`), "utf8")) as Record<
      string,
      unknown
    >;
    const files = under(`${kind}s`, /\.yaml$/);
    expect(files.length).toBeGreaterThan(2);
    for (const text of files) expect(schemaCheck().check(schema, parse(text), text.length)).toEqual([]);
    expect(schemaCheck().check(schema, { name: "x", unknown: 1 }, 1)).not.toEqual([]);
  });
});

describe("Commands", () => {
  /** The commands that a text names: `devflow runs list` in code, not "devflow is" in a sentence. */
  const named = (text: string): string[] =>
    [...text.matchAll(/\bdevflow ([a-z]+(?: [a-z]+)?)/g)].map(([, path = ""]) => path);
  const known = (path: string): boolean => isCommand(path) || isCommand(path.split(" ")[0] ?? "");

  test("all of them are in docs/commands.md; the README has those of every day, and no long list", () => {
    for (const path of COMMAND_PATHS) expect(page("docs/commands.md").text).toContain(`\n## devflow ${path}\n`);
    expect(new Set([...spans(README), ...fences(README)].flatMap(named)).size).toBeGreaterThan(10);
    expect(README.text.split("\n").length).toBeLessThan(220);
  });

  test("no page, and no hint of a failure, names one that does not exist", () => {
    const code = all.flatMap((one) => [...spans(one), ...fences(one)]);
    const hints = [...Object.values(FAILURES), ...Object.values(ko.failures)].map(({ hint }) =>
      hint.replace("{kind}s", "personas"),
    );
    expect([...code, ...hints].flatMap(named).filter((path) => !known(path))).toEqual([]);
  });

  test("those of devflowd are the ones that it has", () => {
    const help = Object.keys(DEVFLOWD_COMMANDS).join("\n");
    const commands = (text: string): string[] =>
      [...text.matchAll(/\bdevflowd ([a-z]+)/g)].map(([, name = ""]) => name);
    const has = new Set(commands(help));
    expect(new Set(spans(README).flatMap(commands))).toEqual(has);
    expect(
      all.flatMap((one) => [...spans(one), ...fences(one)].flatMap(commands)).filter((name) => !has.has(name)),
    ).toEqual([]);
  });

  test("the npm scripts that pages name exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const code = all
      .filter(({ path }) => path !== "docs/templates.md")
      .flatMap((one) => [...spans(one), ...fences(one)]);
    const names = code.flatMap((text) => [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = ""]) => name));
    expect(names.filter((name) => !(name in scripts) && name !== "test:unit")).toEqual([]);
    expect(names).toContain("demo");
  });
});

describe("The README in Korean", () => {
  const KOREAN = page("README.ko.md");
  const wordsOf = ({ text }: Page, heading: string, column: number): string[] =>
    (new RegExp(`## ${heading}\\n([\\s\\S]*?)\\n## `).exec(text)?.[1] ?? "")
      .split("\n")
      .filter((row) => row.startsWith("| "))
      .map((row) => row.split(" | ")[column]?.replace("| ", "") ?? "")
      .slice(2);

  test("leads to the English one, and back", () => {
    expect(links(KOREAN).map(({ file }) => file)).toContain("README.md");
    expect(links(README).map(({ file }) => file)).toContain("README.ko.md");
  });

  test("has the same examples", () => {
    expect(fences(KOREAN)).toEqual(fences(README));
  });

  test("has the same words, as the glossary has them", () => {
    const words = wordsOf(KOREAN, "용어", 1);
    expect(words).toEqual(wordsOf(README, "The words", 0));
    const glossary = page("docs/ko/glossary.md").text;
    for (const [at, word] of words.entries())
      expect(glossary).toContain(`| ${word} | ${wordsOf(KOREAN, "용어", 0)[at]} |`);
  });

  test("stands on the texts: the words of the glossary are in them", () => {
    const texts = under("src/messages/ko", /\.ts$/).join("\n");
    const rows = [...page("docs/ko/glossary.md").text.matchAll(/^\| [a-z, ()]+ \| ([^|]+) \|/gm)];
    const korean = rows.flatMap(([, cell = ""]) => cell.split(", "));
    expect(korean.length).toBeGreaterThan(40);
    expect(korean.filter((word) => !texts.includes(word))).toEqual([]);
  });
});

describe("Names", () => {
  const codes = Object.keys(FAILURES);

  test("every failure is told in docs/failures.md, and raised somewhere", () => {
    const elsewhere = source
      .replace(/export const FAILURES[\s\S]*?satisfies/, "")
      .replace(/export const failures[\s\S]*?\n};/, "");
    const { text } = page("docs/failures.md");
    for (const code of codes) expect(text).toContain(`| \`${code}\` |`);
    expect(codes.filter((code) => !elsewhere.includes(`"${code}"`))).toEqual([]);
  });

  /** Settings whose first word is a family of failures or events too. */
  const SETTINGS =
    /^(?:(?:recording|terminal|notify)\.|prices\.(?:refresh|offline|overrides)$|budget\.policy$|secrets\.(?:keyring|file)$)/;

  test("no page names a failure, an event or a method that does not exist", () => {
    const exist = new Set<string>([
      ...codes,
      ...Object.keys(METHODS),
      "events.event",
      "events.closed",
      "session.saying",
    ]);
    for (const { shape } of RunEvent.options) exist.add(shape.type.value);
    const families = new Set([...exist].map((name) => name.split(".")[0]));
    const dotted = all
      .filter(({ path }) => !/(?:protocol|events|notifications)\.md$/.test(path)) // their fields have dots too
      .flatMap(spans)
      .filter((span) => /^[a-z]+\.[a-z_]+$/.test(span) && families.has(span.split(".")[0]));
    expect(dotted.filter((name) => !exist.has(name) && !SETTINGS.test(name))).toEqual([]);
  });

  test("the words of the README are the words of the code", () => {
    const table = /## The words\n([\s\S]*?)\n## /.exec(README.text)?.[1] ?? "";
    const words = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = ""]) => cell.trim().split(", ")).slice(2);
    expect(words.length).toBeGreaterThan(10);
    expect(words.filter((word) => !new RegExp(`\\b${word}s?\\b`).test(source))).toEqual([]);
  });

  test("every variable is in docs/configuration.md, and every one that is there is used", () => {
    const NAME = /\b(?:DEVFLOW|PAPER)_[A-Z0-9_]+\b/g;
    const used = [source, ...under("agents", /\.yaml$/), ...under("fixtures/paper-agent", /\.mjs$/)].join("\n");
    const names = (text: string): string[] => [...new Set(text.match(NAME))].sort();
    const told = page("docs/configuration.md").text;
    expect(names(used).filter((name) => !told.includes(name))).toEqual([]);
    expect(names(told).filter((name) => !used.includes(name))).toEqual([]);
  });
});

describe("Links and paths", () => {
  test("every link leads to a file, and to a heading of it", () => {
    const dead = all.flatMap((one) =>
      links(one)
        .filter(({ file, anchor }) => {
          if (!existsSync(join(ROOT, file))) return true;
          return anchor !== undefined && file.endsWith(".md") && !anchors(page(file)).includes(anchor);
        })
        .map(({ file, anchor }) => `${one.path}: ${file}#${anchor ?? ""}`),
    );
    expect(dead).toEqual([]);
  });

  test("every file that is named exists", () => {
    const files = all.flatMap(spans).flatMap((span) => {
      const own = /^(?:src|test|bench|scripts|docs|schemas|agents|personas|templates)\/[\w./-]*$/.exec(span)?.[0];
      const inSource = /^(?:domain|engine|adapters|daemon|cli|protocol|ports)\/[\w./-]*$/.exec(span)?.[0];
      return own !== undefined ? [own] : inSource !== undefined ? [`src/${inSource}`] : [];
    });
    expect(files.length).toBeGreaterThan(30);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

describe("Examples", () => {
  let repo: string;
  beforeAll(async () => {
    repo = await mkdtemp(join(tmpdir(), "devflow 문서 "));
    for (const kind of ["templates", "personas", "schemas"])
      await mkdir(join(repo, "devflow", kind), { recursive: true });
  });
  afterAll(() => rm(repo, { recursive: true }));

  const shelves = () =>
    definitions({
      shipped: ROOT,
      user: undefined,
      lint: schemaCheck().lint,
      agents: () => ["codex", "opencode", "paper"],
    });

  test("the template of docs/templates.md can be run, with the schema beside it", async () => {
    const [template = ""] = fences(page("docs/templates.md"), "yaml");
    const [schema = ""] = fences(page("docs/templates.md"), "json");
    await writeFile(join(repo, "devflow/templates/example.yaml"), template);
    await writeFile(join(repo, "devflow/schemas/reproduction@1.json"), schema);
    const found = await shelves().templates.get("mend-a-bug@1", repo);
    expect(found.warnings).toBeUndefined();
    expect(found.value.phases.map(({ id }) => id)).toEqual(["reproduce", "mend", "tests", "review"]);
  });

  test("the persona of docs/personas.md can take its role", async () => {
    const [persona = ""] = fences(page("docs/personas.md"), "yaml");
    await writeFile(join(repo, "devflow/personas/example.yaml"), persona);
    const { value } = await shelves().personas.get("security-reviewer", repo);
    expect([referenceOf(value), value.capabilities]).toEqual(["security-reviewer@1", ["review"]]);
  });

  test("what the pages on how to write a template, a persona and a schema say to write is taken", async () => {
    const [template = ""] = fences(page("docs/how-to/write-a-template.md"), "yaml");
    const [persona = ""] = fences(page("docs/how-to/write-a-persona.md"), "yaml");
    const [schema = ""] = fences(page("docs/how-to/write-a-schema.md"), "json");
    await writeFile(join(repo, "devflow/templates/document.yaml"), template);
    await writeFile(join(repo, "devflow/personas/careful-reviewer.yaml"), persona);
    await writeFile(join(repo, "devflow/schemas/decision@1.json"), schema);
    const { templates, personas, schemas } = shelves();
    const found = await templates.get("document@1", repo);
    expect(found.warnings).toBeUndefined();
    expect(found.value.phases.map(({ id }) => id)).toEqual(["write", "links", "read"]);
    expect((await personas.get("careful-reviewer", repo)).value.permissions?.otherwise).toBe("ask");
    expect(JSON.stringify((await schemas.get("decision@1", repo)).value)).toContain('"why_not"');
  });

  test.each(["docs/how-to/limit-what-it-costs.md", "docs/notifications.md"])(
    "the settings of %s are settings",
    async (path) => {
      const [settings = ""] = fences(page(path), "yaml");
      await writeFile(join(repo, "devflow.yaml"), settings);
      expect(await readConfig(join(repo, "devflow.yaml"))).toBeDefined();
    },
  );

  test("the settings of docs/configuration.md are settings", async () => {
    const [settings = ""] = fences(page("docs/configuration.md"), "yaml");
    await writeFile(join(repo, "devflow.yaml"), settings);
    expect(await readConfig(join(repo, "devflow.yaml"))).toMatchObject({ host: "tmux", recording: { maxMb: 50 } });
  });

  test("the session of docs/protocol.md is one that the method table allows", () => {
    const lines = fences(page("docs/protocol.md"))[0]?.trim().split("\n") ?? [];
    const asked = new Map<unknown, MethodName>();
    const kinds = lines.map((line) => {
      const { id, method, params, result, error } = JSON.parse(line.slice(2));
      if (line.startsWith(">")) {
        if (!(method in METHODS)) return "unknown";
        asked.set(id, method);
        METHODS[method as MethodName].params.parse(params);
        return "request";
      }
      if (method === "events.event") return RunEvent.parse(params.event.event) && "notice";
      if (error) return error.data.code in FAILURES && "error";
      const of = asked.get(id);
      return of && METHODS[of].result.parse(result) && "result";
    });
    expect(new Set(kinds)).toEqual(new Set(["request", "result", "notice", "error", "unknown"]));
  });
});
