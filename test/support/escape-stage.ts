/** Where the escape corpus is played: a git worktree full of ways out, and around it all that must stay as it is. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { repository, writeIn } from "./repository.ts";

export const SECRET = "the secret of somebody else";

export interface EscapeStage {
  /** The worktree. */
  root: string;
  /** The checkout that it belongs to. */
  main: string;
  outside: string;
  state: string;
  /** A text of the corpus with its `{placeholders}` filled in. */
  fill: (text: string) => string;
  /** What is outside of the worktree, and in its `.git` and `.devflow`, to be compared. */
  fingerprint: () => string;
}

export async function escapeStage(): Promise<EscapeStage> {
  const main = repository();
  const { around } = main;
  const root = join(around, "작업 나무");
  main.git("worktree", "add", "--quiet", "-b", "devflow/x", root);
  const outside = join(around, "밖");
  writeIn(outside, "secret.txt", SECRET);
  furnish(root, main.root, outside);
  const server = createServer();
  // Bound from within the folder: a socket's path must be short.
  await new Promise<void>((resolve) => server.listen(shortPath(root, "socket"), resolve));
  onTestFinished(() => void server.close());
  const fill = (text: string): string =>
    text
      .replaceAll("{root}", root)
      .replaceAll("{main}", main.root)
      .replaceAll("{outside}", outside)
      .replaceAll("{deep}", Array(2_100).fill("a").join("/"))
      .replace(/\{nfd:([^}]*)\}/g, (_, name: string) => name.normalize("NFD"))
      .replace(/\{(.)\*(\d+)\}/g, (_, letter: string, times: string) => letter.repeat(Number(times)));
  const kept = [outside, main.root, join(root, ".devflow"), join(root, ".git")];
  return { root, main: main.root, outside, state: join(around, "state"), fill, fingerprint: () => digest(kept) };
}

function furnish(root: string, main: string, outside: string): void {
  for (const [path, text] of Object.entries({
    "script.js": "",
    "새 폴더/파일.txt": "안녕\n",
    "vendor/sub/.git/config": "[core]\n",
    "vendor/mod/.git": "gitdir: ../../.git/modules/mod\n",
    "latin1.txt": "",
    "-x/file": "",
    ".devflow/goal.md": "The goal\n",
    ".devflow/inputs/plan-000000000000.json": "{}",
    ".devflow/artifacts/spec-1/.keep": "",
  }))
    writeIn(root, path, text);
  writeFileSync(join(root, "binary.bin"), Buffer.from([1, 0, 2, 255]));
  writeFileSync(join(root, "latin1.txt"), Buffer.from("caf\u00e9\n", "latin1"));
  writeFileSync(join(root, "utf16.txt"), Buffer.from("\ufefftext", "utf16le"));
  linkSync(join(outside, "secret.txt"), join(root, "hard.txt"));
  linkSync(join(outside, "secret.txt"), join(root, "src/hard-too.txt"));
  execFileSync("mkfifo", [join(root, "pipe")]);
  for (const [link, target] of Object.entries({
    "link-file": "../밖/secret.txt",
    "link-dir": "../밖",
    "link-abs": outside,
    "link-chain": "./link-dir",
    "link-up": "..",
    "link-root": "/",
    "link-proc": "/proc/self",
    "link-null": "/dev/null",
    "link-main": join(main, ".git"),
    "link-home": "/root/../",
    "link-dangling": "../밖/new.txt",
    "link-nothing": "src/nothing",
    "link-git": ".git",
    "link-devflow": ".devflow",
    "loop-a": "loop-b",
    "loop-b": "loop-a",
    "loop-self": "loop-self",
    "src/link-deep": "../../밖",
    링크: "../밖",
    lib: "src",
    "lib-abs": join(root, "src"),
    "src/up": "../새 폴더",
    "a-link.txt": "src/a.txt",
  }))
    symlinkSync(target, join(root, link));
  mkdirSync(join(root, "empty"));
}

const shortPath = (folder: string, name: string): string => {
  const path = join(folder, name);
  if (Buffer.byteLength(path) > 103) throw new Error(`the temporary folder is too deep for a socket: ${path}`);
  return path;
};

function digest(paths: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (path: string): void => {
    const stats = lstatSync(path);
    hash.update(`${path}\0${stats.mode}\0`);
    if (stats.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else if (stats.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (stats.isFile()) hash.update(readFileSync(path));
  };
  for (const path of paths) add(path);
  return hash.digest("hex");
}
