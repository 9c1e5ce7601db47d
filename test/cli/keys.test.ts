/** devflow login, logout and keys: what is asked, what is said, and that no value is ever shown. */
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { KeyChest, KeyVerdict, Secrets } from "../../src/cli/compose/offers.ts";
import type { KeyChange } from "../../src/domain/key-change.ts";
import { providersOf } from "../../src/domain/provider.ts";
import { endOf, type SecretView } from "../../src/domain/secret.ts";
import { devflow, type Setting } from "../support/cli.ts";
import { BEGIN } from "../support/story.ts";

const KEY = "sk-or-v1-0123456789abcdef";

interface Chest extends KeyChest {
  kept: Map<string, string>;
  asked: string[];
  recorded: KeyChange[];
}

/** A keyring in memory; the provider takes every key but bad ones. */
function chest(env: Record<string, string> = {}, before: Record<string, string> = {}): Chest {
  const kept = new Map(Object.entries(before));
  const asked: string[] = [];
  const recorded: KeyChange[] = [];
  const viewed = (name: string, source: SecretView["source"], value: string): SecretView => {
    const end = endOf(value);
    return { name, source, ...(end && { end }), ...(source === "keyring" && { storedAt: BEGIN - 3 * 86_400_000 }) };
  };
  const secrets: Secrets = {
    find: async (name) => env[name] ?? kept.get(name),
    list: async () => ({
      secrets: [
        ...Object.entries(env).map(([name, value]) => viewed(name, "environment", value)),
        ...[...kept].map(([name, value]) => ({
          ...viewed(name, "keyring", value),
          ...(env[name] && { hiddenBy: "environment" as const }),
        })),
      ],
      troubles: kept.size === 0 ? [{ trouble: "no_bus", said: "there is no session bus" }] : [],
    }),
    keep: async (name, value) => {
      kept.set(name, value);
      return "keyring";
    },
    drop: async (name) => (kept.delete(name) ? ["keyring"] : []),
    forget: () => {},
  };
  const verdict = (key: string): KeyVerdict =>
    key.includes("bad")
      ? { kind: "refused", status: 401 }
      : key.includes("far")
        ? { kind: "unknown", problem: "it cannot be reached: ENOTFOUND" }
        : { kind: "accepted" };
  return {
    kept,
    asked,
    recorded,
    record: async (change) => recorded.push(change) > 0,
    providers: providersOf({}),
    secrets,
    check: async ({ baseUrl }, key) => {
      asked.push(baseUrl);
      return verdict(key);
    },
  };
}

const typing = (text: string | undefined): Setting => ({
  terminal: { canAsk: true, askHidden: async () => text },
});
const piping = (text: string): Setting => ({ terminal: { stdin: () => Readable.from([Buffer.from(text)]) } });

describe("devflow login", () => {
  test("asks unseen, asks the provider, and keeps the key", async () => {
    const keys = chest();
    const done = await devflow(["login", "openrouter"], { keys, ...typing(`${KEY} `) });
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out).toBe("openrouter takes the key.\nOPENROUTER_API_KEY is kept in the keyring (…cdef).\n");
    expect(keys.kept.get("OPENROUTER_API_KEY")).toBe(KEY);
    expect(keys.asked).toEqual(["https://openrouter.ai/api/v1"]);
    expect(keys.recorded).toMatchObject([
      { what: "kept", name: "OPENROUTER_API_KEY", places: ["keyring"], provider: "openrouter" },
    ]);
  });

  test("takes the key from stdin where nobody can be asked", async () => {
    const keys = chest();
    const done = await devflow(["login", "openrouter", "--json"], { keys, ...piping(`${KEY}\n`) });
    expect(done.json()).toEqual({
      provider: "openrouter",
      name: "OPENROUTER_API_KEY",
      source: "keyring",
      end: "cdef",
      check: { kind: "accepted" },
    });
    expect(keys.kept.get("OPENROUTER_API_KEY")).toBe(KEY);
  });

  test("keeps nothing that the provider refuses", async () => {
    const keys = chest();
    const done = await devflow(["login", "openrouter"], { keys, ...typing("sk-or-v1-bad-bad-bad-bad") });
    expect(done.code).toBe(1);
    expect(done.err).toContain("openrouter refused the key (HTTP 401) (provider.key_refused)");
    expect(keys.kept.size).toBe(0);
    expect(done.err + done.out).not.toContain("bad-bad");
  });

  test("keeps a key that could not be checked, and says so; asks nobody with --no-check", async () => {
    const keys = chest();
    const done = await devflow(["login", "openrouter"], { keys, ...typing("sk-or-v1-far-far-far-far") });
    expect(done.out).toContain("is not known: it cannot be reached: ENOTFOUND.");
    expect(keys.kept.size).toBe(1);
    await devflow(["login", "openrouter", "--no-check"], { keys, ...typing("sk-or-v1-bad-bad-bad-bad") });
    expect(keys.kept.get("OPENROUTER_API_KEY")).toContain("bad");
    expect(keys.asked).toHaveLength(1);
  });

  test("says when the environment has another key that comes first", async () => {
    const done = await devflow(["login", "openrouter"], { keys: chest({ OPENROUTER_API_KEY: "x" }), ...typing(KEY) });
    expect(done.out).toContain("The environment has another OPENROUTER_API_KEY, which comes first.");
  });

  test.each([
    [["login", "openruter"], 4, "there is no provider openruter; did you mean openrouter?"],
    [["login", "ollama"], 2, "ollama needs no key"],
    [["login", "openrouter", KEY], 2, "too many arguments"],
    [["keys", "set", "lower case"], 2, "the name of a variable, not the key itself"],
    [["keys", "set", "MY_NAME"], 2, "must end in KEY, TOKEN or SECRET"],
  ])("%j is refused", async (argv, code, said) => {
    const keys = chest();
    const done = await devflow(argv, { keys, ...typing(KEY) });
    expect(done.code).toBe(code);
    expect(done.err).toContain(said);
    expect(done.err).not.toContain(KEY);
    expect(keys.kept.size).toBe(0);
  });

  test.each([
    ["", "no key was given"],
    ["two words and more", "that is no key"],
    ["line\nanother", "that is no key"],
    ["k".repeat(20_000), "longer than 16384"],
  ])("what cannot be a key is refused without showing it: %#", async (text, said) => {
    const done = await devflow(["login", "openrouter"], { keys: chest(), ...piping(text) });
    expect(done.code).toBe(2);
    expect(done.err).toContain(said);
    if (text !== "") expect(done.err).not.toContain(text.slice(0, 8));
  });

  test("that is left with Ctrl-C keeps nothing", async () => {
    const keys = chest();
    expect((await devflow(["login", "openrouter"], { keys, ...typing(undefined) })).code).toBe(130);
    expect(keys.kept.size).toBe(0);
  });
});

describe("devflow keys", () => {
  test("lists names, places, ends and ages", async () => {
    const keys = chest({ OPENROUTER_API_KEY: `${KEY}1` }, { OPENROUTER_API_KEY: KEY, MY_TOKEN: "short" });
    const { out, code } = await devflow(["keys", "list"], { keys, columns: 80 });
    expect(code).toBe(0);
    expect(out).toBe(
      [
        "KEY                 PLACE        ENDS   KEPT    NOTE",
        "OPENROUTER_API_KEY  environment  …def1",
        "OPENROUTER_API_KEY  keyring      …cdef  3d ago  not used: the environment wins",
        "MY_TOKEN            keyring             3d ago",
        "",
      ].join("\n"),
    );
    expect((await devflow(["keys", "list", "--json"], { keys })).out).not.toMatch(/sk-or|short/);
  });

  test("says that there are none, and why there is no keyring", async () => {
    const { out, err } = await devflow(["keys", "list"], { keys: chest() });
    expect(out).toBe("There are no keys. devflow login PROVIDER keeps one.\n");
    expect(err).toContain("There is no keyring: no desktop session is here");
  });

  test("are deleted by name or by provider; one that only the environment has is not devflow's to delete", async () => {
    const keys = chest({}, { OPENROUTER_API_KEY: KEY, MY_TOKEN: "short" });
    expect((await devflow(["logout", "openrouter"], { keys })).out).toBe(
      "OPENROUTER_API_KEY was deleted from the keyring.\n",
    );
    expect((await devflow(["keys", "delete", "MY_TOKEN"], { keys })).code).toBe(0);
    expect(keys.kept.size).toBe(0);
    expect((await devflow(["keys", "delete", "MY_TOKEN"], { keys })).code).toBe(4);
    const env = { OPENROUTER_API_KEY: KEY };
    const left = await devflow(["logout", "openrouter"], { keys: chest(env), env });
    expect(left.out).toBe("The environment still has OPENROUTER_API_KEY: unset it, and restart the daemon.\n");
  });
});
