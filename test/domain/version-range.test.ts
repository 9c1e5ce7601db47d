/** Which versions a range holds, and what a profile becomes for one of them. */
import { describe, expect, it } from "vitest";
import { AgentProfile, forVersion } from "../../src/domain/agent-profile.ts";
import { inRange, VersionRange } from "../../src/domain/version-range.ts";
import { profile } from "../support/profiles.ts";

describe("a range of versions", () => {
  it.each([
    [">=2.1.300", "2.1.329", true],
    [">=2.1.300", "2.1.299", false],
    [">=2.1.300", "2.2", true],
    [">=2.1.300 <3", "3.0.0", false],
    ["<=1.2", "1.2.0", true],
    [">1.9", "1.10.1", true],
    ["=1.0.102", "1.0.102-beta.1", true],
  ])("%s holds %s: %s", (range, version, holds) => {
    expect(inRange(range, version)).toBe(holds);
  });

  it.each(["2.1", "^2", ">=two", "", ">=1 || <3"])("is not written as %j", (range) => {
    expect(VersionRange.safeParse(range).success).toBe(false);
  });
});

describe("a profile whose versions differ", () => {
  const base = profile("claude");

  it("is another one for a newer version, in the fields that differ only", () => {
    const newer = forVersion(base, "2.1.329");
    expect(newer.interactive.title).toEqual([]);
    expect(newer.interactive.composer).toEqual(base.interactive.composer);
    expect(newer.headless).toEqual(base.headless);
  });

  it("is as it is written for an older version, and for one that nobody knows", () => {
    expect(forVersion(base, "2.1.197").interactive).toEqual(base.interactive);
    expect(forVersion(base, undefined)).toEqual(base);
  });

  it("may not bring a field that a profile does not have, and changes nothing that it leaves out", () => {
    const written = { ...base, variants: [{ versions: ">=3", interactive: { colour: "red" } }] };
    expect(AgentProfile.safeParse(written).success).toBe(false);
    const read = AgentProfile.parse({ ...base, variants: [{ versions: ">=3", interactive: { submitGap: 7 } }] });
    expect(read.variants).toEqual([{ versions: ">=3", interactive: { submitGap: 7 } }]);
  });
});
