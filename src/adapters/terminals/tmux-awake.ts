/**
 * Waits for the tmux server to have answered an ordinary client, as a control client must before it attaches.
 *
 * tmux 3.3 writes notices also to a control client whose arrival it has read only half, and crashes in it: a server that was stopped
 * finds the end of an old control client (a notice) and the arrival of a new one in the same moment. An ordinary client gets no
 * notices, and once it was answered nothing old is left to be read.
 */
import { spawn } from "node:child_process";
import { shortage } from "../../domain/system-problem.ts";
import { processTime } from "../system/attended-time.ts";
import { mustHaveFiles } from "../system/spare-files.ts";
import { ControlLost, NO_ANSWER, REPLY_LIMIT_MS } from "./control-client.ts";

/** Rejects with `ControlLost`: what tmux said, such as that no server runs, or that it does not answer. */
export async function answersAnybody(
  tmux: string,
  socket: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  mustHaveFiles();
  // -N: it must not start a server.
  const child = spawn(tmux, ["-uN", "-S", socket, "display-message", "-p", ""], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  let hangs = false;
  const forget = processTime.afterAttended(REPLY_LIMIT_MS, () => {
    hangs = true;
    child.kill("SIGKILL");
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  })
    .catch((problem: Error) => {
      throw shortage(problem) ?? new ControlLost(problem.message);
    })
    .finally(forget);
  if (hangs) throw new ControlLost(NO_ANSWER);
  if (code !== 0) throw new ControlLost(said.trim() || "the tmux client ended");
}
