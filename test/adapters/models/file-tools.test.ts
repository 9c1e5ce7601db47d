/** The file tools and `complete`: what a model gets of a file, what becomes of what it writes, what it is told. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listDir } from "../../../src/adapters/models/tools/list-dir.ts";
import { readFile } from "../../../src/adapters/models/tools/read-file.ts";
import { worktreeAt } from "../../../src/adapters/models/tools/worktree.ts";
import { answerText } from "../../../src/domain/tool.ts";
import { escapeStage } from "../../support/escape-stage.ts";
import { writeIn } from "../../support/repository.ts";
import { testTools } from "../../support/toolbox.ts";

describe("read_file", () => {
  it("gives a file as it is, without adding to it", async () => {
    const { root, use } = testTools();
    for (const text of ["one\n", "no newline at the end", "\ufeffwith a mark\r\n가나다\n", "\n\n"]) {
      writeIn(root, "a.txt", text);
      expect(await use("read_file", { path: "a.txt" })).toEqual({ ok: true, text });
    }
    writeIn(root, "a.txt", "");
    expect(await use("read_file", { path: "a.txt" })).toEqual({ ok: true, text: "[the file is empty]" });
  });

  it("gives a long file in parts that put together are the file, each saying where the next begins", async () => {
    const { root, use } = testTools();
    const text = Array.from({ length: 9_000 }, (_, at) => `줄 ${at} ${"x".repeat(at % 90)}`).join("\n");
    writeIn(root, "long.txt", text);
    let [whole, offset, parts] = ["", 1, 0];
    for (;;) {
      const answer = await use("read_file", { path: "long.txt", offset });
      if (!answer.ok) throw new Error(answer.reason);
      parts += 1;
      if (!answer.cut) {
        whole += answer.text;
        break;
      }
      const [note = "", next = ""] = /\[lines \d+ to \d+ of 9000; read on with offset (\d+)\]$/.exec(answer.text) ?? [];
      whole += answer.text.slice(0, -note.length);
      offset = Number(next);
    }
    expect(whole).toBe(text);
    expect(parts).toBeGreaterThan(4);
  });

  it("gives a line that is too long in parts, without breaking a character", async () => {
    const { root, use } = testTools();
    const line = "👩‍👩‍👧가".repeat(20_000);
    writeIn(root, "min.js", `${line}\nlast`);
    const first = await use("read_file", { path: "min.js" });
    if (!first.ok) throw new Error(first.reason);
    const [note = "", column = ""] = /\n\[characters .* with offset 1 and column (\d+)\]$/.exec(first.text) ?? [];
    const start = first.text.slice(0, -note.length);
    expect(line.startsWith(start)).toBe(true);
    const second = await use("read_file", { path: "min.js", column: Number(column) });
    expect(
      second.ok && second.text.startsWith([...line].slice([...start].length, [...start].length + 100).join("")),
    ).toBe(true);
  });

  it("reads the lines that are asked for, and says so when there are none", async () => {
    const { root, use } = testTools();
    writeIn(root, "a.txt", "one\ntwo\nthree\nfour\n");
    expect(await use("read_file", { path: "a.txt", offset: 2, limit: 2 })).toEqual({
      ok: true,
      text: "two\nthree\n[lines 2 to 3 of 4; read on with offset 4]",
      cut: true,
    });
    expect(await use("read_file", { path: "a.txt", offset: 4 })).toEqual({ ok: true, text: "four\n" });
    expect(await use("read_file", { path: "a.txt", offset: 5 })).toMatchObject({ code: "file.past_end" });
  });

  it("refuses a file that would take the session's memory", async () => {
    const { root, use } = testTools();
    writeFileSync(join(root, "huge"), Buffer.alloc(33 * 1024 * 1024, 97));
    expect(await use("read_file", { path: "huge" })).toMatchObject({ ok: false, code: "file.too_large" });
  });
});

describe("write_file", () => {
  it("makes folders, keeps an existing file's rights, and leaves nothing else behind", async () => {
    const { root, use } = testTools();
    expect(await use("write_file", { path: "scripts/새/run.sh", content: "#!/bin/sh\n" })).toEqual({
      ok: true,
      text: "Made scripts/새/run.sh (10 bytes).",
    });
    const file = join(root, "scripts/새/run.sh");
    chmodSync(file, 0o751);
    await use("write_file", { path: "scripts/새/run.sh", content: "" });
    expect([readFileSync(file, "utf8"), statSync(file).mode & 0o777]).toEqual(["", 0o751]);
    expect(readdirSync(join(root, "scripts/새"))).toEqual(["run.sh"]);
  });

  it("writes through a link to where it leads in the worktree, and keeps the link", async () => {
    const { root, use } = testTools();
    writeIn(root, "real.txt", "old");
    symlinkSync("real.txt", join(root, "link.txt"));
    await use("write_file", { path: "link.txt", content: "new" });
    expect(readFileSync(join(root, "real.txt"), "utf8")).toBe("new");
    expect(readdirSync(root).sort()).toEqual([".devflow", "link.txt", "real.txt"]);
  });

  it("writes a file whose Korean name is stored in another form, instead of a second one that looks the same", async () => {
    const { root, use } = testTools();
    writeIn(root, "문서.md".normalize("NFD"), "old");
    await use("write_file", { path: "문서.md".normalize("NFC"), content: "new" });
    expect(readFileSync(join(root, "문서.md".normalize("NFD")), "utf8")).toBe("new");
    expect(existsSync(join(root, "문서.md".normalize("NFC")))).toBe(false);
  });

  it("refuses what is no text or far too much", async () => {
    const { root, use } = testTools();
    expect(await use("write_file", { path: "a", content: "half \ud83d" })).toMatchObject({ code: "content.invalid" });
    expect(await use("write_file", { path: "a", content: "x".repeat(5_000_000) })).toMatchObject({
      code: "content.too_large",
    });
    expect(readdirSync(root)).toEqual([".devflow"]);
  });
});

describe("list_dir", () => {
  it("shows folders, sizes and links, but not git's own files; a long folder in parts", async () => {
    const { root, use } = testTools();
    writeIn(root, "b.txt", "12345");
    writeIn(root, "src/a", "");
    writeIn(root, ".git", "gitdir: elsewhere");
    symlinkSync("src", join(root, "lib"));
    expect(await use("list_dir", {})).toEqual({ ok: true, text: ".devflow/\nb.txt (5 bytes)\nlib -> src\nsrc/" });
    for (let i = 100; i < 800; i += 1) writeFileSync(join(root, "src", `f${i}`), "");
    const first = await use("list_dir", { path: "src" });
    expect(first).toMatchObject({ ok: true, cut: true });
    expect(answerText(first)).toMatch(/\nf598 \(0 bytes\)\n\[entries 1 to 500 of 701; see more with offset 501\]$/);
    expect(answerText(await use("list_dir", { path: "src", offset: 501 }))).toMatch(/^f599 .*[^\]]$/s);
  });
});

describe("complete", () => {
  const artifact = ".devflow/artifacts/spec-1/spec.json";

  it("is taken only once the artifact is there and is JSON", async () => {
    const { use } = testTools({ artifact });
    const done = { summary: "Wrote the spec" };
    expect(await use("complete", done)).toMatchObject({ code: "artifact.missing" });
    await use("write_file", { path: artifact, content: '{"title": "x"' });
    expect(await use("complete", done)).toMatchObject({ code: "artifact.not_json" });
    await use("write_file", { path: artifact, content: '{"title": "x"}' });
    expect(await use("complete", done)).toEqual({ ok: true, text: "Wrote the spec" });
  });

  it("finds an artifact that is given absolutely", async () => {
    const { root } = testTools();
    const { use } = testTools({ root, artifact: join(root, artifact) });
    expect(await use("write_file", { path: join(root, artifact), content: "{}" })).toMatchObject({ ok: true });
    expect(await use("complete", { summary: "x" })).toMatchObject({ ok: true });
  });
});

describe("a toolbox", () => {
  it("has the tools that the persona has, always complete, and a subagent only where there is somebody to run it", () => {
    const names = (options: Parameters<typeof testTools>[0]) => testTools(options).box.specs.map(({ name }) => name);
    expect(names({ tools: ["list_dir", "read_file"] })).toEqual(["read_file", "list_dir", "complete"]);
    expect(names({})).not.toContain("request_subagent");
    expect(names({ subagent: async () => ({ ok: true, text: "" }) })).toContain("request_subagent");
  });

  it("says what is wrong with a call, and which tools there are", async () => {
    const { use } = testTools({ tools: ["read_file"] });
    expect(await use("write_file", { path: "a", content: "" })).toEqual({
      ok: false,
      code: "tool.unknown",
      reason: "There is no tool write_file here. Use one of these: read_file, complete.",
    });
    for (const args of [{}, { path: 1 }, { path: "a", ofset: 2 }, '{"path": "a"}', null, { path: "a", offset: "2" }])
      expect(await use("read_file", args)).toMatchObject({ ok: false, code: "args.invalid" });
    expect(answerText(await use("read_file", { path: "a", ofset: 2 }))).toContain('"ofset"');
  });

  it("tells of a call in one short line without secrets", () => {
    const { box } = testTools();
    const key = `sk-or-v1-${"0123456789abcdef".repeat(4)}`;
    expect(box.about("run_command", { argv: ["curl", "-H", `X: ${key}`, "a\nb"] })).toBe(
      "curl -H X: [redacted] a\\u{a}b",
    );
    expect(box.about("write_file", { path: `src/${"가".repeat(300)}`, content: "x" })).toHaveLength(200);
    expect(box.about("read_file", undefined)).toBe("");
  });
});

describe("without /proc", () => {
  it("no link leads out either", async () => {
    const { root } = await escapeStage();
    const worktree = worktreeAt(root, root, false);
    const read = (path: string) => {
      const answer = readFile(worktree, { path, offset: 1, limit: 10, column: 1 });
      return answer.ok ? answer.text : answer.code;
    };
    expect(["lib/a.txt", "lib-abs/a.txt", "src/up/파일.txt"].map(read)).toEqual([
      "one\ntwo\nthree\n",
      "one\ntwo\nthree\n",
      "안녕\n",
    ]);
    const out = [
      "link-file",
      "link-dir/secret.txt",
      "link-chain/secret.txt",
      "src/link-deep/secret.txt",
      "link-root/etc/passwd",
    ];
    expect(out.map(read)).toEqual(out.map(() => "path.link_outside"));
    expect(listDir(worktree, { path: "src", offset: 1 })).toMatchObject({ ok: true });
  });
});
