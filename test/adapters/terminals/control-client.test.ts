/** Connecting to tmux, against a program that answers as tmux does at its slowest. */
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectControl } from "../../../src/adapters/terminals/control-client.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

/** Answers what it is asked at once, and attaches its client only after that, as a busy server now and then does; or refuses to. */
const SLOW = `#!${process.execPath}
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
let number = 0;
const block = (lines, flag, end = "end") => console.log([\`%begin 7 \${++number} \${flag}\`, ...lines, \`%\${end} 7 \${number} \${flag}\`].join("\\n"));
for await (const line of createInterface({ input: process.stdin })) {
  block([line.replace("display-message -p ", "")], 1);
  if (number !== 2) continue;
  setTimeout(() => {
    writeFileSync(process.env.ATTACHED, "");
    block(process.env.REFUSES ? ["can't find session"] : [], 0, process.env.REFUSES ? "error" : "end");
    if (process.env.REFUSES) process.exit(1);
    console.log("%session-changed $0 devflow");
  }, 200);
}
`;

describe("a control client", () => {
  let folder: TemporaryFolder;
  let attached: string;
  beforeEach(() => {
    folder = temporaryFolder();
    attached = join(folder.path, "attached");
    writeFileSync(join(folder.path, "tmux.mjs"), SLOW);
    chmodSync(join(folder.path, "tmux.mjs"), 0o700);
  });
  afterEach(() => folder.remove());

  const connect = (env: Record<string, string> = {}) =>
    connectControl({
      tmux: join(folder.path, "tmux.mjs"),
      socket: "",
      session: "devflow",
      env: { ATTACHED: attached, ...env },
      onOutput: () => {},
      patient: () => false,
      onNotice: () => {},
    });

  it("is there once it is attached, and not when it is answered: before, it is told of no output", async () => {
    const client = await connect();
    expect(existsSync(attached)).toBe(true);
    await client.leave();
  });

  it("says why it could not be attached", async () => {
    await expect(connect({ REFUSES: "1" })).rejects.toThrow("can't find session");
  });
});
