/** The settings that devflow init writes: all comments, and true ones. */
import { expect, test } from "vitest";
import { parse } from "yaml";
import { Config } from "../../src/domain/config.ts";
import { configText, settingsLeftOut } from "../../src/domain/config-text.ts";

test("as it is written it sets nothing", () => {
  expect(parse(configText())).toBeNull();
});

test("with every setting uncommented it says what holds without it", () => {
  const set = configText()
    .split("\n")
    .filter((line) => line.startsWith("# ") && !line.endsWith("…"))
    .map((line) => line.slice(2))
    .join("\n");
  expect(Config.parse(parse(set))).toEqual(Config.parse({}));
});

test("every setting is in it, and explained", () => {
  const text = configText();
  for (const name of Object.keys(Config.shape)) expect(text).toMatch(new RegExp(`^# ${name}:`, "m"));
  expect(text.split("\n").filter((line) => line.length > 120)).toEqual([]);
  expect(settingsLeftOut({ host: "tmux", budget: {} })).not.toContain("host");
  expect(settingsLeftOut({ host: "tmux", budget: {} })).toContain("secrets");
});
