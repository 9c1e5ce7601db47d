/** A small real git repository for the demo: a module, its test, and a README. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const GOAL =
  "Greet people in Korean when their language is Korean: greet('Minji', 'ko') should answer '안녕하세요, Minji!'.";

const FILES = {
  "package.json": `${JSON.stringify({ name: "greeter", version: "1.0.0", type: "module", scripts: { test: "node --test" } }, null, 2)}\n`,
  "README.md": "# greeter\n\nGreets people by name.\n\n    greet('Ada') // Hello, Ada!\n",
  "greet.js": '/** Greets somebody by name. */\nexport const greet = (name) => ["Hello, ", name, "!"].join("");\n',
  "greet.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { greet } from "./greet.js";\n\ntest("greets by name", () => assert.equal(greet("Ada"), "Hello, Ada!"));\n',
};

export function makeRepository(directory) {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text);
  const git = (...args) =>
    execFileSync("git", ["-c", "user.name=devflow demo", "-c", "user.email=demo@localhost", ...args], {
      cwd: directory,
      stdio: "pipe",
    });
  git("init", "--quiet", "--initial-branch=main");
  git("add", ".");
  git("commit", "--quiet", "--message", "Greet people by name");
  return directory;
}
