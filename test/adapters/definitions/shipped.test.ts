import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { schemaCheck } from "../../../src/adapters/artifacts/schema-check.ts";
import { definitions } from "../../../src/adapters/definitions/definitions.ts";
import { bind } from "../../../src/domain/binding.ts";
import { Failure } from "../../../src/domain/failure.ts";
import { referenceOf } from "../../../src/domain/names.ts";
import { loopBody } from "../../../src/domain/template.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Those that can take every role by themselves. */
const AGENTS = ["claude", "codex", "copilot", "gemini", "opencode", "paper", "pi", "qwen"];
const { check, lint } = schemaCheck();
const shipped = definitions({ shipped: ROOT, user: undefined, lint, agents: () => [...AGENTS] });

describe("What is shipped", () => {
  it("has no fault", async () => {
    const lists = await Promise.all([shipped.personas.list(), shipped.templates.list(), shipped.schemas.list()]);
    expect(lists.flatMap(({ broken }) => broken.map(({ error }) => error.message))).toEqual([]);
    expect(lists.flatMap(({ good }) => good.flatMap(({ warnings }) => warnings ?? []))).toEqual([]);
    const names = lists.map(({ good }) => good.map(({ value }) => referenceOf(value)));
    expect(names[1]).toEqual(["chat@1", "implement-and-review@1", "review-only@1", "spec-and-review@1"]);
    expect(names[2]).toEqual([
      "change-summary@1",
      "command-passed@1",
      "command-result@1",
      "conversation@1",
      "plan@1",
      "review@1",
      "review-approved@1",
      "spec@1",
      "verification@1",
      "verification-passed@1",
    ]);
    expect(names[0]).toHaveLength(56);
  });

  it("can be run by each agent alone: every role of every template finds a persona", async () => {
    const [personas, templates] = await Promise.all([shipped.personas.list(), shipped.templates.list()]);
    for (const agent of AGENTS) {
      const candidates = personas.good
        .filter(({ value }) => value.agent === agent)
        .map(({ value }) => ({ persona: value, obstacle: undefined }));
      for (const { value } of templates.good) {
        const bound = bind(value, candidates, {}, { allowPaper: true });
        if (bound instanceof Failure) throw bound;
        const personasOf = Object.entries(bound.bindings).map(([role, { persona }]) => [role, persona.name]);
        // Anybody can talk: it is the one who can change files.
        const named = (role: string): string => (role === "partner" ? "implementer" : role);
        expect(personasOf).toEqual(Object.keys(value.roles).map((role) => [role, `${agent}-${named(role)}`]));
      }
    }
  });

  it("can be run with one OpenRouter key alone: every role finds a model, and a reviewer of another family than the author", async () => {
    const [personas, templates] = await Promise.all([shipped.personas.list(), shipped.templates.list()]);
    const candidates = personas.good
      .filter(({ value }) => value.adapter === "agent" && value.api?.provider === "openrouter")
      .map(({ value }) => ({ persona: value, obstacle: undefined }));
    expect(new Set(candidates.map(({ persona }) => persona.family)).size).toBeGreaterThanOrEqual(4);
    for (const { value } of templates.good) {
      const roles = Object.entries(value.roles).map(([name, role]) => [
        name,
        { ...role, diversity: "require" as const },
      ]);
      const bound = bind({ ...value, roles: Object.fromEntries(roles) }, candidates, {});
      if (bound instanceof Failure) throw bound;
      expect(bound.warnings).toEqual([]);
    }
  });

  it("loops from review back to implement, with the tests inside", async () => {
    const { value } = await shipped.templates.get("implement-and-review");
    const review = value.phases.find(({ id }) => id === "review");
    expect(review && loopBody(value, review)).toEqual(["implement", "tests", "review"]);
  });

  it("describes every property of every artifact, for the agents that write it", async () => {
    const { good } = await shipped.schemas.list();
    for (const { value } of good) {
      expect(value.schema).toMatchObject({
        $id: `urn:devflow:artifact:${referenceOf(value)}`,
        title: expect.any(String),
      });
      expect([referenceOf(value), undescribed(value.schema)]).toEqual([referenceOf(value), []]);
    }
  });
});

describe("The examples of artifacts", () => {
  const fixtures = join(ROOT, "fixtures/artifacts");
  const folders = readdirSync(fixtures);

  it("are there for every schema, two good ones and four bad ones at least", async () => {
    const { good } = await shipped.schemas.list();
    expect(folders).toEqual(good.map(({ value }) => referenceOf(value)).sort());
    for (const folder of folders) {
      const files = readdirSync(join(fixtures, folder));
      const count = (kind: string): number => files.filter((file) => file.startsWith(kind)).length;
      expect([folder, count("valid-") >= 2, count("invalid-") >= 4]).toEqual([folder, true, true]);
    }
  });

  const all = folders.flatMap((folder) => readdirSync(join(fixtures, folder)).map((file) => [folder, file] as const));
  it.each(all)("%s/%s is what its name says", async (folder, file) => {
    const { value } = await shipped.schemas.get(folder);
    const text = readFileSync(join(fixtures, folder, file), "utf8");
    const violations = check(value.schema, JSON.parse(text), text.length);
    expect(violations.length === 0).toBe(file.startsWith("valid-"));
  });
});

/** Pointers to the properties without a description; those inside `if` and `then` only narrow what is described elsewhere. */
function undescribed(schema: unknown, at = ""): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    if (["if", "then", "allOf"].includes(key)) return [];
    if (key !== "properties") return undescribed(value, `${at}/${key}`);
    return Object.entries(value as Record<string, object>).flatMap(([name, property]) => [
      ...("description" in property ? [] : [`${at}/${name}`]),
      ...undescribed(property, `${at}/${name}`),
    ]);
  });
}
