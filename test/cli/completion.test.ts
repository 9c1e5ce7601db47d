import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SHELL_SCRIPTS } from "../../src/cli/shell-scripts.ts";
import { suggest } from "../../src/cli/suggest.ts";
import { tempDirectory } from "../support/temp.ts";

const KNOWN: Record<string, string[]> = {
  run: ["01ONE", "01TWO"],
  template: ["spec-and-review@1"],
  status: ["failed"],
};
const words = async (...typed: string[]): Promise<string[]> =>
  (await suggest(typed, async (name) => (KNOWN[name] ?? []).map((word) => ({ word, text: "" })))).map(
    ({ word }) => word,
  );

describe("what may be typed next", () => {
  it("is a command or a group, at first", async () => {
    expect(await words("ru")).toEqual(["run", "runs"]);
    expect(await words("")).toContain("attach");
    expect(await words("nothing-like-it")).toEqual([]);
  });
  it("is a command of a group", async () => {
    expect(await words("runs", "c")).toEqual(["cancel"]);
    expect(await words("--json", "runs", "sh")).toEqual(["show"]);
  });
  it("is a value that is there now, of arguments and of options", async () => {
    expect(await words("runs", "show", "01T")).toEqual(["01TWO"]);
    expect(await words("run", "spec")).toEqual(["spec-and-review@1"]);
    expect(await words("runs", "list", "--status", "")).toEqual(["failed"]);
    expect(await words("runs", "delete", "01ONE", "")).toEqual(["01ONE", "01TWO"]);
    expect(await words("runs", "show", "01ONE", "")).toEqual([]);
    expect(await words("runs", "wait", "--timeout", "5m", "01O")).toEqual(["01ONE"]);
  });
  it("is an option once a dash is typed", async () => {
    expect(await words("runs", "list", "--st")).toEqual(["--status"]);
    expect(await words("run", "-")).toEqual(expect.arrayContaining(["--goal", "--bind", "--json"]));
  });
});

describe("the script for bash", () => {
  it("completes with what devflow says, whole words with what is in them", () => {
    const folder = tempDirectory();
    const told = join(folder, "told");
    writeFileSync(
      join(folder, "devflow"),
      `#!/bin/bash\nprintf '<%s>' "$@" > '${told}'\nprintf 'show\\tShow one\\nlist\\tShow all\\n'\n`,
    );
    chmodSync(join(folder, "devflow"), 0o755);
    const typed = `COMP_WORDS=(devflow runs "한 국" l); COMP_CWORD=3; _devflow; printf '[%s]' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const out = execFileSync("bash", ["-c", `${SHELL_SCRIPTS.bash}\n${typed}`], { env, encoding: "utf8" });
    expect(out).toBe("[list]");
    expect(execFileSync("cat", [told], { encoding: "utf8" })).toBe(
      "<--no-start><completion><suggest><--><runs><한 국><l>",
    );
  });

  const has = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;
  it.runIf(has("zsh"))("and the one for zsh can be read by it", () => {
    expect(spawnSync("zsh", ["-n", "-c", SHELL_SCRIPTS.zsh]).status).toBe(0);
  });
  it.runIf(has("fish"))("and the one for fish can be read by it", () => {
    expect(spawnSync("fish", ["-n", "-c", SHELL_SCRIPTS.fish]).status).toBe(0);
  });
});
