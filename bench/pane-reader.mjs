/**
 * Says when a pane has printed a text, from a process of its own: one that shares the daemon's thread would be told only when the
 * daemon has nothing else to do. Takes lines `PANE TEXT`, and prints for each the time, in nanoseconds of `process.hrtime`.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const [socket, session] = process.argv.slice(2);
const args = ["-uN", "-S", socket, "-C", "attach-session", "-f", "ignore-size", "-t", `=${session}`];
const tmux = spawn("tmux", args, { stdio: ["pipe", "pipe", "ignore"] });
const wanted = new Set();
tmux.stdout.once("data", () => process.stdout.write("ready\n"));
createInterface({ input: tmux.stdout }).on("line", (line) => {
  const at = process.hrtime.bigint();
  for (const one of wanted) {
    if (!line.startsWith(`%output ${one.pane} `) || !line.includes(one.text)) continue;
    wanted.delete(one);
    process.stdout.write(`${at}\n`);
  }
});
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const [pane, ...words] = line.split(" ");
    wanted.add({ pane, text: words.join(" ") });
    process.stdout.write("looking\n");
  })
  .on("close", () => tmux.stdin.end());
