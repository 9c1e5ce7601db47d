/** The manual pages: one a command, well formed, and saying what --help says. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMAND_PATHS, COMMANDS } from "../../src/cli/command-table.ts";
import { optionTerms } from "../../src/cli/help.ts";
import { manPages } from "../../src/cli/man-pages.ts";

const ROOT = join(import.meta.dirname, "../..");
const pages = await manPages();
const MACROS = new Set(["TH", "SH", "TP", "PP", "nf", "fi"]);
const hasGroff = spawnSync("groff", ["--version"]).status === 0;

/** What a reader sees, of a page with a width of its own. */
const formatted = (page: string): string => {
  const { stdout, stderr } = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-rLL=200n", "-P-c"], {
    input: page,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout.replace(/.\u0008/g, "");
};

describe("manual pages", () => {
  test("are there for devflow and each of its commands, and the build writes them where npm looks", () => {
    expect([...pages.keys()].sort()).toEqual(
      ["devflow.1", ...COMMAND_PATHS.map((path) => `devflow-${path.replaceAll(" ", "-")}.1`)].sort(),
    );
    const { man, files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(files).toContain("dist");
    const built = join(ROOT, "dist/man");
    expect(readdirSync(built).sort()).toEqual([...pages.keys()].sort());
    expect([...man].sort()).toEqual([...pages.keys()].sort().map((name) => `./dist/man/${name}`));
    for (const [name, text] of pages) expect(readFileSync(join(built, name), "utf8")).toBe(text);
  });

  test.each([...pages])("%s holds known instructions, plain ASCII, and the sections that a page has", (name, text) => {
    expect(text).toMatch(/^[\n -~]*$/);
    const lines = text.split("\n");
    const used = lines.flatMap((line) => /^[.'](\w*)/.exec(line)?.[1] ?? []);
    expect(used.filter((macro) => !MACROS.has(macro))).toEqual([]);
    expect(lines[0]).toMatch(/^\.TH "DEVFLOW/);
    const sections = lines.flatMap((line) => /^\.SH "(.*)"$/.exec(line)?.[1] ?? []);
    expect(sections.slice(0, 3)).toEqual(["NAME", "SYNOPSIS", "DESCRIPTION"]);
    expect(sections.at(name === "devflow.1" ? -2 : -1)).toBe("EXIT STATUS");
    expect(text.endsWith("\n")).toBe(true);
  });

  test("tell of every option and example of a command", async () => {
    for (const path of COMMAND_PATHS) {
      const command = (await COMMANDS[path].load()).default;
      const text = (pages.get(`devflow-${path.replaceAll(" ", "-")}.1`) ?? "")
        .replaceAll("\\-", "-")
        .replaceAll("\\[u2026]", "…");
      for (const { name } of optionTerms(command)) expect(text).toContain(`\\fB${name}\\fR`);
      for (const example of command.examples) expect(text).toContain(example.replaceAll("\\", "\\e").split("\n")[0]);
    }
  });

  test.runIf(hasGroff)("are read by groff without a warning, and show text as it is", () => {
    for (const text of pages.values()) formatted(text);
    const run = formatted(pages.get("devflow-run.1") ?? "");
    expect(run).toContain('devflow run spec-and-review --goal "Add a --json flag to the list command"');
    expect(run).toContain("--bind <role=persona>…");
    expect(formatted(pages.get("devflow.1") ?? "")).toContain("devflow-runs-list(1)");
  });
});
