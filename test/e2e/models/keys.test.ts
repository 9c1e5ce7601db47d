/** A key that was given by devflow login, from the keyring or the file to the model agent's request, and nowhere else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { KEY, type ModelWorld, modelWorld } from "../../support/model-world.ts";
import { type KeyringHome, keyringHome, missingPrograms, type PrivateKeyring } from "../../support/private-keyring.ts";

const missing = missingPrograms();
if (missing.length > 0) console.warn(`skipped: a real keyring needs ${missing.join(" and ")}, not installed here`);

let w: ModelWorld;
let home: KeyringHome | undefined;
let bus: PrivateKeyring | undefined;
afterEach(async () => {
  await w.close();
  await bus?.close();
  home?.remove();
  home = undefined;
  bus = undefined;
}, 60_000);

/** The files under a folder that hold this text. */
const filesWith = (text: string, folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));

async function withoutKey(config = ""): Promise<void> {
  w = await modelWorld({ config });
  delete w.env.OPENROUTER_API_KEY;
}
const run = () =>
  w.devflow("run", "spec-and-review", "--goal", "g", "--bind", "author=openrouter-deepseek-spec", "--preview");

/** No key; then one by login, which the daemon that runs already finds; a whole run with it; and none again. */
async function loggedIn(): Promise<void> {
  expect(await run()).toMatchObject({ code: 8 });
  const login = await w.withInput(`${KEY}\n`, "login", "openrouter");
  expect(login.err).toBe("");
  expect(login.code).toBe(0);
  const started = await w.specAndReview();
  await started.ends("completed");
  const listed = await w.devflow("keys", "list");
  expect(listed.out).toContain("…cdef");
  expect(login.out + listed.out).not.toContain(KEY);
}

describe("a key that was given to devflow", () => {
  test("in a file opens the provider for model agents, and is in no other file", async () => {
    await withoutKey("secrets:\n  file: true\n");
    await loggedIn();
    expect(filesWith(KEY, w.folder)).toEqual([join(w.home, "config", "secrets.json")]);
    expect((await w.devflow("logout", "openrouter")).code).toBe(0);
    expect(filesWith(KEY, w.folder)).toEqual([]);
    expect(await run()).toMatchObject({ code: 8 });
  }, 120_000);

  test.skipIf(missing.length > 0)(
    "in a real keyring does so too, and is in no file at all",
    async () => {
      await withoutKey();
      home = keyringHome();
      bus = await home.enter("open");
      Object.assign(w.env, bus.env);
      await loggedIn();
      expect(await w.json("keys", "list")).toMatchObject({ keys: [{ source: "keyring" }], troubles: [] });
      expect(filesWith(KEY, w.folder)).toEqual([]);
    },
    120_000,
  );

  test("is not kept where there is no keyring and no file is allowed, and the way out is told", async () => {
    await withoutKey();
    const { code, err } = await w.withInput(KEY, "login", "openrouter", "--no-check");
    expect(code).toBe(8);
    expect(err).toContain("secrets.file: true");
    expect(filesWith(KEY, w.folder)).toEqual([]);
  });
});
