/** The tmux host held to the contract of terminal hosts. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { destroyTmux, tmuxHostAt } from "../support/tmux-home.ts";
import { terminalContract } from "./terminal-host.ts";

const TYPIST = fileURLToPath(new URL("../support/tmux-typist.ts", import.meta.url));
const installed = spawnSync("tmux", ["-V"]).status === 0;

if (installed) {
  terminalContract("tmux", {
    make: tmuxHostAt,
    destroy: destroyTmux,
    typist: (home, session, count) => [
      process.execPath,
      "--import",
      import.meta.resolve("tsx"),
      TYPIST,
      home,
      session,
      String(count),
    ],
  });
} else {
  console.warn("SKIPPED: the tmux host is not tested, since tmux is not installed");
  describe.skip("the tmux host (tmux is not installed)", () => it("passes the contract", () => {}));
}
