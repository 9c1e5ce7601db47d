/** Help, wrong usage, and that the command table, the files, the texts and the docs say the same. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { words } from "../../src/cli/assignments.ts";
import { commandDocs } from "../../src/cli/command-docs.ts";
import { COMMAND_PATHS, COMMANDS } from "../../src/cli/command-table.ts";
import { columnsOf } from "../../src/cli/table.ts";
import { en } from "../../src/messages/en.ts";
import { devflow } from "../support/cli.ts";

const ROOT = join(import.meta.dirname, "../..");
const CLI = join(ROOT, "src/cli");

describe("the command table", () => {
  test("has a row for every file, and a file for every row", () => {
    const files = readdirSync(join(CLI, "commands"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.slice(0, -3).replaceAll("/", " "));
    expect([...COMMAND_PATHS].sort()).toEqual(files.sort());
  });

  test.each(COMMAND_PATHS)("devflow %s is described and has examples that are its own", async (path) => {
    const { default: command } = await COMMANDS[path].load();
    expect(command.name).toBe(path.split(" ").at(-1));
    expect(command.summary).toBe(COMMANDS[path].summary);
    for (const example of command.examples) expect(example).toContain(`devflow ${path}`);
    const help = await devflow([...path.split(" "), "--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    for (const example of command.examples) expect(help.out).toContain(example);
    expect((await devflow(["help", ...path.split(" ")])).out).toBe(help.out);
  });

  test("docs/commands.md is current: npm run docs writes it", async () => {
    const file = join(ROOT, "docs/commands.md");
    expect(existsSync(file) && readFileSync(file, "utf8")).toBe(await commandDocs());
  });

  test("every text is used", () => {
    const sources = [CLI, join(ROOT, "src/daemon"), join(ROOT, "src/messages")]
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
      .filter((file) => file.endsWith(".ts") && !/\/messages\/(?:en|ko)\//.test(file))
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    // Keys that are put together: `status.${state}` uses every key that begins with `status.`.
    const composed = [...sources.matchAll(/`([a-z_.]*)\$\{[^}]*\}([a-z_.]*)`/g)].map(
      ([, before = "", behind = ""]) =>
        new RegExp(`^${before.replaceAll(".", "\\.")}[a-z_-]+${behind.replaceAll(".", "\\.")}$`),
    );
    const unused = Object.keys(en).filter(
      (key) => !sources.includes(`"${key}"`) && !composed.some((it) => it.test(key)),
    );
    expect(unused).toEqual([]);
  });
});

describe("help", () => {
  test("of devflow itself, with no words and with --help", async () => {
    const help = await devflow([], { columns: 80 });
    expect(help.code).toBe(0);
    await expect(help.out).toMatchFileSnapshot("golden/help-80.txt");
    expect((await devflow(["--help"], { columns: 80 })).out).toBe(help.out);
  });

  test("of a group and of a command", async () => {
    await expect((await devflow(["runs"], { columns: 80 })).out).toMatchFileSnapshot("golden/help-runs-80.txt");
    await expect((await devflow(["run", "-h"], { columns: 80 })).out).toMatchFileSnapshot("golden/help-run-80.txt");
  });

  test("fits the terminal, but for examples, which are there to be copied", async () => {
    for (const path of COMMAND_PATHS) {
      const { out } = await devflow([...path.split(" "), "--help"], { columns: 80 });
      const lines = out.split("\n").filter((line) => !line.includes("devflow "));
      expect(lines.filter((line) => columnsOf(line) > 80)).toEqual([]);
    }
  });

  test("--version prints the version and nothing else", async () => {
    expect(await devflow(["--version"])).toMatchObject({ code: 0, out: "1.2.3\n", err: "" });
    expect((await devflow(["--version", "--json"])).json()).toEqual({ version: "1.2.3" });
  });
});

describe("wrong usage ends with 2 and says what was probably meant", () => {
  test.each([
    [["runz", "list"], "there is no command runz", "did you mean: devflow runs list"],
    [["runs", "lst"], "there is no command runs lst", "did you mean: devflow runs list"],
    [["aprove", "x"], "there is no command aprove", "did you mean: devflow approve"],
    [["list"], "there is no command list", "did you mean: devflow runs list"],
    [["frobnicate"], "there is no command frobnicate", "devflow --help lists the commands"],
    [["runs", "frobnicate"], "there is no command runs frobnicate", "devflow runs --help shows how it is used"],
    [["runs", "list", "--limt", "3"], "unknown option --limt", "did you mean: --limit"],
    [["--jsn"], "unknown option --jsn", "did you mean: --json"],
    [["runs", "show"], "missing required argument run", "devflow runs show --help shows how it is used"],
    [["runs", "show", "a", "b"], "too many arguments", "devflow runs show --help shows how it is used"],
    [["runs", "list", "--limit"], "option -n, --limit <n> argument missing", "devflow runs list --help"],
    [["runs", "list", "--limit", "0"], "--limit takes a whole number from 1 to 1000, not 0", ""],
    [["runs", "list", "--status", "gone"], "--status takes one of pending, running", ""],
    [["watch"], "devflow watch needs a terminal", "do without one"],
  ])("%j", async (argv, problem, hint) => {
    const ran = await devflow(argv);
    expect(ran.code).toBe(2);
    expect(ran.out).toBe("");
    expect(ran.err).toContain(problem);
    expect(ran.err).toContain(hint);
    const { err } = await devflow(["--json", ...argv]);
    expect(JSON.parse(err)).toMatchObject({ error: { code: expect.stringContaining("usage.") } });
  });
});

test("global options may stand anywhere", async () => {
  for (const argv of [
    ["--json", "runs", "list"],
    ["runs", "--json", "list"],
    ["runs", "list", "--json"],
  ]) {
    expect(JSON.parse((await devflow(argv)).err)).toMatchObject({ error: { code: "daemon.unreachable" } });
  }
});

test.each([
  ["npm test", ["npm", "test"]],
  [`a "b c" d\\ e 'f "g"' ""`, ["a", "b c", "d e", 'f "g"', ""]],
  ["  목록   --만 ", ["목록", "--만"]],
  ["--x='y z'w", ["--x=y zw"]],
])("the command line %j is split into %j", (line, expected) => {
  expect(words(line)).toEqual(expected);
});

test("a reader that has seen enough is no error", async () => {
  const program = `import { main } from ${JSON.stringify(join(CLI, "main.ts"))}; process.exitCode = await main(process.argv.slice(1));`;
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", program, "--", "schemas", "show", "spec"],
    {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let err = "";
  child.stderr.on("data", (data) => {
    err += data;
  });
  // Nobody reads: the very first write meets a closed pipe.
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(err).toBe("");
  expect(code).not.toBe(1);
});
