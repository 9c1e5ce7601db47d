/** The chain of places: who answers first, what is kept where, and what is told of it. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { secretChain } from "../../../src/adapters/secrets/chain.ts";
import { secretsFile } from "../../../src/adapters/secrets/secrets-file.ts";
import type { KeyringTrouble, StoredSecret } from "../../../src/domain/secret.ts";
import type { SecretStore } from "../../../src/ports/secrets.ts";

const KEY = "OPENROUTER_API_KEY";
const LONG = "sk-or-v1-0123456789abcdef";

/** A keyring in memory, which can be troubled. */
function keyringInMemory(kept: Record<string, StoredSecret> = {}, trouble?: KeyringTrouble) {
  const state = { kept, trouble, looks: 0 };
  const refused = () => (state.trouble ? { trouble: state.trouble, said: `it is ${state.trouble}` } : undefined);
  const store: SecretStore = {
    source: "keyring",
    async all() {
      state.looks += 1;
      return refused() ?? { ...state.kept };
    },
    async set(name, secret) {
      if (!state.trouble) state.kept = { ...state.kept, [name]: secret };
      return refused();
    },
    async delete(name) {
      if (!state.trouble) delete state.kept[name];
      return refused();
    },
  };
  return { state, store };
}

let folder: string;
let file: string;
let learnt: string[];
let time: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dfs 키 "));
  file = join(folder, "config", "secrets.json");
  learnt = [];
  time = 1_000;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const chain = (stores: readonly SecretStore[], env: Record<string, string> = {}) =>
  secretChain({ env, names: [KEY], stores, learn: (value) => learnt.push(value), now: () => time });

describe("where a key comes from", () => {
  test("the environment wins over the keyring, and the keyring over the file", async () => {
    const { store } = keyringInMemory({ [KEY]: { value: "of-the-keyring" } });
    const last = secretsFile(file);
    await last.set(KEY, { value: "of-the-file", storedAt: 1 });
    await last.set("OTHER_KEY", { value: "other", storedAt: 1 });
    expect(await chain([store, last], { [KEY]: "of-the-environment" }).find(KEY)).toBe("of-the-environment");
    expect(await chain([store, last], { [KEY]: "" }).find(KEY)).toBe("of-the-keyring");
    expect(await chain([last]).find(KEY)).toBe("of-the-file");
    expect(await chain([store, last]).find("OTHER_KEY")).toBe("other");
    expect(await chain([store, last]).find("toString")).toBeUndefined();
  });

  test("every value that was read is known to the redactor, whichever of them wins", async () => {
    const { store } = keyringInMemory({ [KEY]: { value: "of-the-keyring" }, B_KEY: { value: "another" } });
    await chain([store], { [KEY]: "of-the-environment" }).list();
    expect(learnt.sort()).toEqual(["another", "of-the-environment", "of-the-keyring"]);
  });

  test("the keyring is asked once for many keys, and again when somebody has changed it", async () => {
    const { store, state } = keyringInMemory({ [KEY]: { value: "first" } });
    const keys = chain([store]);
    expect(await Promise.all([keys.find(KEY), keys.find("B_KEY"), keys.find(KEY)])).toEqual([
      "first",
      undefined,
      "first",
    ]);
    expect(state.looks).toBe(1);
    state.kept = { [KEY]: { value: "second" } };
    time += 3_600_000;
    expect(await keys.find(KEY)).toBe("first");
    keys.forget();
    expect(await keys.find(KEY)).toBe("second");
  });

  test("a keyring that is locked has no keys, and is asked again a minute later", async () => {
    const { store, state } = keyringInMemory({ [KEY]: { value: "hidden" } }, "locked");
    const keys = chain([store]);
    expect(await keys.find(KEY)).toBeUndefined();
    expect(await keys.find(KEY)).toBeUndefined();
    expect(state.looks).toBe(1);
    state.trouble = undefined;
    time += 61_000;
    expect(await keys.find(KEY)).toBe("hidden");
  });
});

describe("what is kept", () => {
  test("goes to the keyring, and an older one in the file is gone", async () => {
    const { store, state } = keyringInMemory();
    const last = secretsFile(file);
    await last.set(KEY, { value: "older", storedAt: 1 });
    expect(await chain([store, last]).keep(KEY, LONG)).toBe("keyring");
    expect(state.kept[KEY]).toEqual({ value: LONG, storedAt: 1_000 });
    expect(await last.all()).toEqual({});
  });

  test("goes to the file where there is no keyring and the settings allow it, for its owner alone", async () => {
    const { store } = keyringInMemory({}, "no_bus");
    expect(await chain([store, secretsFile(file)]).keep(KEY, LONG)).toBe("file");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "config")).mode & 0o777).toBe(0o700);
  });

  test("goes nowhere when nothing takes it, and says why", async () => {
    const { store } = keyringInMemory({}, "no_bus");
    await expect(chain([store]).keep(KEY, LONG)).rejects.toMatchObject({
      code: "key.no_store",
      message: `${KEY} can be kept nowhere: it is no_bus`,
    });
    expect(existsSync(file)).toBe(false);
  });

  test("is deleted from every place; one that cannot be looked into is not taken for empty", async () => {
    const { store, state } = keyringInMemory({ [KEY]: { value: "a" } });
    const last = secretsFile(file);
    await last.set(KEY, { value: "b" });
    expect(await chain([store, last]).drop(KEY)).toEqual(["keyring", "file"]);
    expect(await chain([store, last]).drop(KEY)).toEqual([]);
    state.trouble = "locked";
    await expect(chain([store, last]).drop(KEY)).rejects.toMatchObject({ code: "key.not_deleted" });
    state.trouble = "no_bus";
    expect(await chain([store, last]).drop(KEY)).toEqual([]);
  });
});

describe("what is shown of keys", () => {
  test("names, places, ends and ages, and never a value", async () => {
    const { store } = keyringInMemory({ [KEY]: { value: LONG, storedAt: 7 }, SHORT_TOKEN: { value: "tooshort" } });
    const { secrets } = await chain([store], { [KEY]: `${LONG}-env1` }).list();
    expect(secrets).toEqual([
      { name: KEY, source: "environment", end: "env1" },
      { name: KEY, source: "keyring", end: "cdef", storedAt: 7, hiddenBy: "environment" },
      { name: "SHORT_TOKEN", source: "keyring" },
    ]);
    expect(JSON.stringify(secrets)).not.toMatch(/sk-or|tooshort/);
  });
});

describe("the file", () => {
  test("that others can read is not used, neither to read nor to write", async () => {
    const keys = secretsFile(file);
    await keys.set(KEY, { value: LONG });
    const before = readFileSync(file, "utf8");
    chmodSync(file, 0o644);
    expect(await keys.all()).toMatchObject({ trouble: "file" });
    expect(await keys.set(KEY, { value: "another" })).toMatchObject({ trouble: "file" });
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  test("that somebody has broken is told without a word of what is in it, and left as it is", async () => {
    const keys = secretsFile(file);
    await keys.set(KEY, { value: LONG });
    writeFileSync(file, `{"${KEY}": "${LONG}", oops`);
    for (const told of [await keys.all(), await keys.set("B_KEY", { value: "b" })]) {
      expect(told).toMatchObject({ trouble: "file" });
      expect(JSON.stringify(told)).not.toContain("sk-or");
    }
    expect(readFileSync(file, "utf8")).toContain("oops");
  });
});
