/**
 * The small shell program that a headless agent runs under, so that a turn outlives the daemon and is run only once.
 *
 * W1. It claims the turn by linking a FIFO that it holds open to the name `alive`: whoever comes second sees the claim and
 *     goes. So starting a turn again, not knowing whether it was started before, is harmless.
 * W2. While it lives `alive` has a reader; once it does not, however it ended, `alive` has none.
 * W3. It outlives the signals that end the agent, and then writes how the agent ended, by rename.
 * W4. The agent gets the prompt as its stdin or as its last argument; stdin is closed behind it, nothing waits for more.
 */
import { spawn } from "node:child_process";

/** Arguments: the turn's folder, the agent's working directory, its stdin, the program and its arguments. */
const SCRIPT = `
cd "$1" || exit 126
directory=$2 input=$3
shift 3
command -p mkfifo "alive.$$" || exit 126
exec 9<>"alive.$$"
command -p ln "alive.$$" alive 2>/dev/null
claimed=$?
command -p rm -f "alive.$$"
[ "$claimed" -eq 0 ] || exit 0
trap : HUP INT QUIT TERM USR1 USR2
printf %s "$$" >pid.part && command -p mv -f pid.part pid
( cd "$directory" && unset OLDPWD && exec "$@" ) <"$input" >stdout 2>stderr 9>&-
code=$?
printf '{"code":%s}\\n' "$code" >exit.json.part && command -p mv -f exit.json.part exit.json
`;

export interface TurnCommand {
  folder: string;
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  stdin: "prompt" | "nothing";
}

/** Starts the wrapper in a process session of its own. `ended` is a hint: the turn's files are what counts. */
export function startTurn({ folder, argv, cwd, env, stdin }: TurnCommand, ended: () => void): void {
  const input = stdin === "prompt" ? "prompt" : "/dev/null";
  const child = spawn("/bin/sh", ["-c", SCRIPT, "devflow-turn", folder, cwd, input, ...argv], {
    env: { ...env },
    cwd: "/",
    detached: true,
    stdio: "ignore",
  });
  child.once("exit", ended);
  child.once("error", ended);
  child.unref();
}
