import { describe, expect, test } from "vitest";
import { accountOf, Providers, providersOf } from "../../src/domain/provider.ts";

describe("providers", () => {
  test("are openrouter and ollama, and whatever the settings add", () => {
    const all = providersOf(
      Providers.parse({ groq: { baseUrl: "https://api.groq.com/openai/v1/", key: "GROQ_API_KEY" } }),
    );
    expect(Object.keys(all)).toEqual(["openrouter", "ollama", "groq"]);
    expect(all.groq).toEqual({
      baseUrl: "https://api.groq.com/openai/v1",
      key: "GROQ_API_KEY",
      headers: {},
      free: false,
    });
  });

  test("one that is known is changed only in what is said of it", () => {
    const { openrouter, ollama } = providersOf(
      Providers.parse({
        openrouter: { headers: { "HTTP-Referer": "https://example.org" } },
        ollama: { baseUrl: "http://10.0.0.2:11434/v1" },
      }),
    );
    expect(openrouter).toMatchObject({
      key: "OPENROUTER_API_KEY",
      headers: { "X-Title": "devflow", "HTTP-Referer": "https://example.org" },
    });
    expect(ollama).toEqual({ baseUrl: "http://10.0.0.2:11434/v1", headers: {}, free: true });
  });

  test.each([
    ["one that is not known, without an address", { mine: {} }],
    ["a key instead of its name", { openrouter: { key: "sk-or-v1-0123" } }],
    ["a key that nobody would take for a secret by its name", { openrouter: { key: "OPENROUTER" } }],
    ["an address that is none", { mine: { baseUrl: "file:///etc/passwd" } }],
    ["a header that would smuggle in another", { openrouter: { headers: { "X: y\nZ": "1" } } }],
  ])("are refused: %s", (_, settings) => {
    expect(Providers.safeParse(settings).success).toBe(false);
  });

  test("share an account by place and key", () => {
    expect(accountOf({ baseUrl: "http://a/v1", key: "A_KEY" })).toBe("http://a/v1 A_KEY");
    expect(accountOf({ baseUrl: "http://a/v1" })).toBe("http://a/v1");
  });
});
