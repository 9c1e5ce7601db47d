/** What the shipped files say need not be read again: the build's table holds just what reading them says, and nothing else is in it. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { schemaCheck } from "../../../src/adapters/artifacts/schema-check.ts";
import { everyProfile } from "../../../src/adapters/definitions/agent-profiles.ts";
import { definitions } from "../../../src/adapters/definitions/definitions.ts";
import { type Known, knownFiles, nothingKnown } from "../../../src/adapters/definitions/known.ts";
import { tempDirectory } from "../../support/temp.ts";

const ROOT = join(import.meta.dirname, "../../..");
const TABLE = join(ROOT, "dist/known.json");
const FOLDERS = ["agents", "personas", "templates", "schemas/artifacts"];

/** Everything that is shipped, as it is used; and how many files were read for it. */
async function all(known: Known, shipped = ROOT) {
  const user = tempDirectory();
  const profiles = await everyProfile({ shipped, user, known })();
  let linted = 0;
  const lint = (...asked: Parameters<ReturnType<typeof schemaCheck>["lint"]>) => {
    linted += 1;
    return schemaCheck().lint(...asked);
  };
  const agents = profiles.good.map(({ value }) => value.name);
  const shelves = definitions({ shipped, user, lint, agents: () => agents, known });
  const lists = await Promise.all([shelves.personas.list(), shelves.templates.list(), shelves.schemas.list()]);
  return { said: { profiles, lists }, linted };
}

it("holds every shipped file, and says of it what reading it says", async () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder)).filter((name) => /\.(ya?ml|json)$/.test(name)),
  );
  expect(Object.keys(JSON.parse(readFileSync(TABLE, "utf8")) as object)).toHaveLength(files.length);
  const [known, read] = [await all(knownFiles(TABLE)), await all(nothingKnown)];
  expect(known.said).toEqual(read.said);
  expect([known.linted, read.linted > 0]).toEqual([0, true]);
});

it("knows a file by all of its bytes: an edited one is read", async () => {
  const shipped = tempDirectory();
  for (const folder of FOLDERS) cpSync(join(ROOT, folder), join(shipped, folder), { recursive: true });
  const persona = join(shipped, "personas/codex-author.yaml");
  writeFileSync(persona, readFileSync(persona, "utf8").replace(/^description: .*$/m, "description: 고친 것"));
  const schema = join(shipped, "schemas/artifacts/spec@1.json");
  writeFileSync(schema, `${readFileSync(schema, "utf8")}\n`);
  const { said, linted } = await all(knownFiles(TABLE), shipped);
  expect(linted).toBe(1);
  expect(said.lists[0].good.map(({ value }) => value.description)).toContain("고친 것");
  expect(said.lists.map(({ broken }) => broken)).toEqual([[], [], []]);
});

it("says where things stand in a file that it did not read", async () => {
  const shelves = definitions({
    shipped: ROOT,
    user: undefined,
    lint: () => undefined,
    agents: () => [],
    known: knownFiles(TABLE),
  });
  const { broken } = await shelves.personas.list();
  expect(broken.find(({ source }) => source.endsWith("codex-author.yaml"))?.error.message).toMatch(
    /codex-author\.yaml:\d+:1/,
  );
});

it.each([
  ["missing", undefined],
  ["cut off", '{"0": {'],
])("reads everything when its table is %s", async (_, text) => {
  const table = join(tempDirectory(), "known.json");
  if (text !== undefined) writeFileSync(table, text);
  expect((await all(knownFiles(table))).linted).toBeGreaterThan(0);
});
