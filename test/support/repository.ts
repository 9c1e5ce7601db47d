/** A real git repository of a test's own, at a path that careless code trips over. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tempDirectory } from "./temp.ts";

export interface TestRepository {
  /** The folder around it, removed with it. */
  around: string;
  root: string;
  /** What git prints, without its last newline. */
  git(...args: string[]): string;
  write(path: string, text: string): void;
}

/** The person's own settings must not reach a test, nor must the test need any. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "A Person",
  GIT_AUTHOR_EMAIL: "person@example.org",
  GIT_COMMITTER_NAME: "A Person",
  GIT_COMMITTER_EMAIL: "person@example.org",
};

export const gitIn = (directory: string, ...args: string[]): string =>
  execFileSync("git", ["-C", directory, ...args], { encoding: "utf8", env: ENVIRONMENT, stdio: "pipe" }).replace(
    /\n$/,
    "",
  );

export function writeIn(directory: string, path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
}

/** On `main`, with one commit of `files`. */
export function repository(
  files: Record<string, string> = {
    "README.md": "# Hello\n",
    "src/a.txt": "one\ntwo\nthree\n",
    ".gitignore": ".env\n",
  },
  name = "my repo's 저장소",
): TestRepository {
  const around = tempDirectory();
  const root = join(around, name);
  mkdirSync(root);
  gitIn(root, "init", "--quiet", "--initial-branch=main");
  const made: TestRepository = {
    around,
    root,
    git: (...args) => gitIn(root, ...args),
    write: (path, text) => writeIn(root, path, text),
  };
  for (const [path, text] of Object.entries(files)) made.write(path, text);
  made.git("add", "--all");
  made.git("commit", "--quiet", "--allow-empty", "--message", "First");
  return made;
}
