/** Files that are written whole or not at all: what a process that was killed over one has left is found by its name, and nothing else is. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeUnfinished, unfinished, writeWhole } from "../../../src/adapters/system/whole-file.ts";
import { tempDirectory } from "../../support/temp.ts";

test("what was begun and has no name of its own yet is removed; what looks like it is not", async () => {
  const folder = tempDirectory();
  const kept = ["a.json", "a.json.tmp", "a.0123456789ab.tmp.json", "notes.tmp"];
  for (const name of kept) writeFileSync(join(folder, name), "mine");
  await writeWhole(join(folder, "whole.json"), "{}");
  writeFileSync(unfinished(join(folder, "half.json")), "{");
  const begun = unfinished(join(folder, "index"));
  mkdirSync(begun);
  writeFileSync(join(begun, "index"), "");
  await removeUnfinished(folder, join(folder, "is not there"));
  expect(readdirSync(folder).sort()).toEqual([...kept, "whole.json"].sort());
});
