import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { installedAt } from "../../src/protocol/installation.ts";
import { VERSION } from "../../src/protocol/version.ts";

const root = join(import.meta.dirname, "../..");
let copy: string | undefined;
afterEach(() => copy && rmSync(copy, { recursive: true, force: true }));

describe("an installation", () => {
  it("has the version that its package says", () => {
    expect(VERSION).toBe((JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version);
  });

  it("is found from its sources and from its build, wherever it was put", () => {
    expect(installedAt()).toBe(root);
    copy = mkdtempSync(join(tmpdir(), "설치 된 곳-"));
    for (const folder of ["bin", "dist/chunks"]) mkdirSync(join(copy, folder), { recursive: true });
    writeFileSync(join(copy, "bin/devflowd"), "");
    expect(installedAt(join(copy, "dist/chunks"))).toBe(copy);
    rmSync(join(copy, "bin"), { recursive: true });
    expect(() => installedAt(join(copy ?? "", "dist"))).toThrow("not installed whole");
  });
});
