/** Whether tmux is here: tests of tmux are skipped without it, and say so. CI installs it. */
import { spawnSync } from "node:child_process";

export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
