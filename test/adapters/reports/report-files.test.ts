/** A run's report on disk. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reportFiles } from "../../../src/adapters/reports/report-files.ts";
import { redactor } from "../../../src/domain/redact.ts";
import { tempDirectory } from "../../support/temp.ts";

describe("a report", () => {
  it("is two files in the run's folder, which is made for it, with the digest of the JSON's bytes", async () => {
    const directory = join(tempDirectory(), "not there yet/runs");
    const json = '{"goal":"안녕 👋"}\n';
    const written = await reportFiles({ directory }).write("RUN", json, "# 보고\n");
    expect(written).toEqual({
      json: join(directory, "RUN/report.json"),
      markdown: join(directory, "RUN/report.md"),
      sha256: createHash("sha256").update(readFileSync(written.json)).digest("hex"),
    });
    expect(readFileSync(written.json, "utf8")).toBe(json);
    expect(readFileSync(written.markdown, "utf8")).toBe("# 보고\n");
    expect(statSync(join(directory, "RUN")).mode & 0o077).toBe(0);
  });

  it("replaces an earlier one, and leaves nothing else behind", async () => {
    const directory = tempDirectory();
    const reports = reportFiles({ directory });
    await reports.write("RUN", "1", "a long first report");
    const { json, markdown } = await reports.write("RUN", "2", "two");
    expect([readFileSync(json, "utf8"), readFileSync(markdown, "utf8")]).toEqual(["2", "two"]);
    expect(readdirSync(join(directory, "RUN")).sort()).toEqual(["report.json", "report.md"]);
  });

  it("holds no secret, in either file, and is JSON still", async () => {
    const redact = redactor(["planted-secret-4711"]);
    const json = JSON.stringify({ goal: "use planted-secret-4711", cut: "-----BEGIN PRIVATE KEY-----\nAAAA", n: 1 });
    const written = await reportFiles({ directory: tempDirectory(), redact }).write(
      "RUN",
      json,
      "# planted-secret-4711\n",
    );
    expect(JSON.parse(readFileSync(written.json, "utf8"))).toMatchObject({ goal: "use [redacted]", n: 1 });
    expect(readFileSync(written.markdown, "utf8")).toBe("# [redacted]\n");
  });

  it("that cannot be written is an error, and the JSON stays as it was", async () => {
    const directory = tempDirectory();
    const reports = reportFiles({ directory });
    mkdirSync(join(directory, "RUN/report.md"), { recursive: true });
    writeFileSync(join(directory, "RUN/report.json"), "before");
    await expect(reports.write("RUN", "after", "after")).rejects.toThrow();
    expect(readFileSync(join(directory, "RUN/report.json"), "utf8")).toBe("before");
    expect(readdirSync(join(directory, "RUN")).sort()).toEqual(["report.json", "report.md"]);
  });
});
