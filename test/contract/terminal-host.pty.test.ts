/** The pty host, held to the contract of every terminal host. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { ptyHost } from "../../src/adapters/terminals/pty-host.ts";
import { ptyDirectories } from "../support/pty-directories.ts";
import { buildHolder, bundle } from "../support/pty-holder.ts";
import { terminalContract } from "./terminal-host.ts";

const built = mkdtempSync(join(tmpdir(), "devflow-pty-"));
const holder = await buildHolder(built);
const typist = await bundle("./pty-typist.ts", join(built, "typist.mjs"));
afterAll(() => rmSync(built, { recursive: true, force: true }));

const make = (home: string) => ptyHost({ ...ptyDirectories(home), holder, endProcesses });

terminalContract("pty", {
  make,
  async destroy(home) {
    const host = make(home);
    for (const { session } of await host.list()) await (await host.adopt(session))?.close(100);
  },
  typist: (home, session, count) => [process.execPath, typist, home, session, String(count)],
});
