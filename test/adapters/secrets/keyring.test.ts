/** Keys in a real keyring, and clear words for each of the ways in which there is none. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { keyring } from "../../../src/adapters/secrets/keyring.ts";
import {
  type KeyringHome,
  keyringHome,
  missingPrograms,
  type PrivateKeyring,
  type Scene,
} from "../../support/private-keyring.ts";

const PROGRAM = join(import.meta.dirname, "../../../dist/keyring.mjs");
const missing = missingPrograms();
if (missing.length > 0) console.warn(`skipped: a real keyring needs ${missing.join(" and ")}, not installed here`);

const on = (env: Record<string, string>, limitMs?: number) =>
  keyring({ env, platform: "linux", program: PROGRAM, ...(limitMs !== undefined && { limitMs }) });

describe.skipIf(missing.length > 0)("a real keyring", () => {
  let home: KeyringHome;
  let here: PrivateKeyring | undefined;
  beforeAll(() => {
    home = keyringHome();
  });
  afterEach(async () => {
    await here?.close();
    here = undefined;
  });
  afterAll(() => home.remove());
  const enter = async (scene: Scene, at = home) => {
    here = await at.enter(scene);
    return on(here.env);
  };

  test("keeps a key with its age, gives it back, and lets go of it", async () => {
    const keys = await enter("open");
    expect(await keys.all()).toEqual({});
    expect(await keys.set("OPENROUTER_API_KEY", { value: "sk-or-v1-한글 no", storedAt: 5 })).toBeUndefined();
    expect(await keys.set("OTHER_TOKEN", { value: "t", storedAt: 6 })).toBeUndefined();
    expect(await keys.set("OTHER_TOKEN", { value: "t2", storedAt: 7 })).toBeUndefined();
    expect(await keys.all()).toEqual({
      OPENROUTER_API_KEY: { value: "sk-or-v1-한글 no", storedAt: 5 },
      OTHER_TOKEN: { value: "t2", storedAt: 7 },
    });
    expect(await keys.delete("OTHER_TOKEN")).toBeUndefined();
    expect(await keys.delete("OTHER_TOKEN")).toBeUndefined();
    expect(Object.keys(await keys.all())).toEqual(["OPENROUTER_API_KEY"]);
  });

  test("has it still when the person comes back, and says that it is locked to whoever has not opened it", async () => {
    await (await enter("open")).set("A_KEY", { value: "stays", storedAt: 1 });
    await here?.close();
    expect(await (await enter("open")).all()).toMatchObject({ A_KEY: { value: "stays" } });
    await here?.close();
    expect(await (await enter("locked")).all()).toMatchObject({ trouble: "locked" });
  });

  test("that was never made holds nothing, and says so to whoever wants to keep a key", async () => {
    const fresh = keyringHome();
    try {
      const keys = await enter("no keyring", fresh);
      expect(await keys.all()).toEqual({});
      expect(await keys.set("A_KEY", { value: "v" })).toMatchObject({ trouble: "no_collection" });
    } finally {
      await here?.close();
      fresh.remove();
    }
  });

  test("whose program is not on the bus is told as that", async () => {
    expect(await (await enter("no program")).all()).toMatchObject({ trouble: "no_provider" });
  });
});

describe("without a keyring", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "dfk-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("no bus is told without starting anything", async () => {
    const nothing = keyring({ env: { PATH: "" }, platform: "linux", program: join(folder, "missing.mjs") });
    expect(await nothing.all()).toMatchObject({ trouble: "no_bus" });
    expect(await nothing.set("A_KEY", { value: "v" })).toMatchObject({ trouble: "no_bus" });
  });

  test("a bus where nobody listens is no bus", async () => {
    const env = { PATH: process.env.PATH ?? "", DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/nobody` };
    expect(await on(env).all()).toMatchObject({ trouble: "no_bus" });
  });

  test("one that asks a person and never answers is given up in time, and its program is gone", async () => {
    const program = join(folder, "waits.mjs");
    writeFileSync(program, "setInterval(() => {}, 1000);");
    const env = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" };
    const keys = keyring({ env, platform: "linux", program, limitMs: 300 });
    expect(await keys.all()).toEqual({ trouble: "silent", said: "no answer within 0.3 s" });
  });

  test("a program that breaks is a trouble, not a crash, and the key is not in its arguments", async () => {
    const program = join(folder, "tells.mjs");
    writeFileSync(
      program,
      "process.stdout.write(JSON.stringify({ trouble: 'other', said: process.argv.join(' ') + JSON.stringify(process.env) }))",
    );
    const env = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere", OPENROUTER_API_KEY: "in-the-environment" };
    const told = await keyring({ env, platform: "linux", program }).set("A_KEY", { value: "the-secret-itself" });
    expect(told).toMatchObject({ trouble: "other" });
    expect(JSON.stringify(told)).not.toMatch(/the-secret-itself|in-the-environment/);
    writeFileSync(program, "process.exit(3)");
    expect(await keyring({ env, platform: "linux", program }).all()).toEqual({
      trouble: "other",
      said: "its program ended with 3",
    });
  });
});
