/** Somebody exchanges folders and files for links that lead out of the worktree, while the tools are using them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ToolAnswer } from "../../../src/domain/tool.ts";
import { startChild } from "../../support/child.ts";
import { writeIn } from "../../support/repository.ts";
import { tempDirectory } from "../../support/temp.ts";
import { testTools } from "../../support/toolbox.ts";

const SECRET = "the secret of somebody else";
/** Tries, at least; and until both the folder and the link have been met, but no longer than the bound. */
const TRIES = 600;
const MOST_TRIES = 50_000;

describe("while paths are exchanged for links to the outside", () => {
  it("nothing outside is read, listed or written", async () => {
    const outside = tempDirectory();
    writeIn(outside, "secret.txt", SECRET);
    writeIn(outside, "only-outside.txt", SECRET);
    const { root, use } = testTools();
    writeIn(root, "swap/secret.txt", "of the worktree");
    writeIn(root, "swap.txt", "of the worktree");
    const swapper = startChild("path-swapper.ts", root, outside);
    onTestFinished(() => void swapper.process.kill("SIGKILL"));
    await swapper.said(1);

    const met = { inside: 0, refused: 0 };
    const leaks: unknown[] = [];
    const codes = new Set<string>();
    const note = (answer: ToolAnswer): void => {
      met[answer.ok ? "inside" : "refused"] += 1;
      if (!answer.ok) codes.add(answer.code);
      if (JSON.stringify(answer).includes(SECRET) || JSON.stringify(answer).includes("only-outside"))
        leaks.push(answer);
    };
    for (let i = 0; i < MOST_TRIES && (i < TRIES || met.inside < 50 || met.refused < 50); i += 1) {
      note(await use("read_file", { path: "swap/secret.txt" }));
      note(await use("read_file", { path: "swap.txt" }));
      note(await use("list_dir", { path: "swap" }));
      // A write is flushed to the disk and noted: a tenth of them is enough.
      if (i % 10 === 0) note(await use("write_file", { path: `swap/new/${i}.txt`, content: "written" }));
      if (i % 10 === 5) note(await use("write_file", { path: "swap.txt.other", content: "written" }));
    }
    swapper.process.stdin.end();
    await swapper.ended;
    expect(swapper.process.exitCode).toBe(0);

    expect(leaks).toEqual([]);
    expect(readdirSync(outside).sort()).toEqual(["only-outside.txt", "secret.txt"]);
    expect(readFileSync(join(outside, "secret.txt"), "utf8")).toBe(SECRET);
    expect(met.inside).toBeGreaterThanOrEqual(50);
    expect(met.refused).toBeGreaterThanOrEqual(50);
    expect(
      [...codes].filter((code) => !/^path\.(?:link_outside|changed|not_found|not_file|not_folder)$/.test(code)),
    ).toEqual([]);
    expect(existsSync(join(root, "swap.txt.other"))).toBe(true);
  });
});
