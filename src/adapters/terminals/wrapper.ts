/**
 * The small shell program that stands between tmux and an agent, because tmux's own word on exits cannot be trusted:
 * a third of them come without a status, and what a program prints last is lost when it ends at once.
 *
 * It writes how the program ended to a file (by rename), then lingers so that tmux can read the last output. It takes
 * part in the program's foreground process group, so keys like C-c reach the program; it outlives signals to the group
 * itself. `env -u` takes away what tmux and the shell have added to the environment.
 */
import { chmod, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How long the wrapper stays after the program has ended. */
export const LINGER_MS = 200;

/** How the names of exit files end. */
export const EXIT_SUFFIX = ".exit.json";

/** What tmux, its server's own environment and shells add; a program gets these only if its own environment says so. */
const ADDED_VARIABLES = [
  ...["TMUX", "TMUX_PANE", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "PATH", "HOME", "LANG", "SHELL", "PWD", "OLDPWD"],
  ...["SHLVL", "_", "COLORTERM"],
];

const SCRIPT = `#!/bin/sh
# usage: wrap.sh EXIT_FILE DIRECTORY [-u VARIABLE]... PROGRAM [ARGUMENT]...
exit_file=$1
cd "$2" || exit 126
shift 2
trap : HUP INT QUIT TERM USR1 USR2
exec 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
# The shell would tell on the screen which signal ended the program.
exec 3>&2 2>/dev/null
/usr/bin/env "$@" 2>&3 3>&-
code=$?
umask 077
signal=
if [ "$code" -gt 128 ]; then signal=$(kill -l "$((code - 128))"); fi
if [ -n "$signal" ]; then printf '{"signal":"SIG%s"}\\n' "$signal"; else printf '{"code":%s}\\n' "$code"; fi >"$exit_file.part"
command -p mv -f "$exit_file.part" "$exit_file"
command -p sleep ${LINGER_MS / 1000}
exit "$code"
`;

/** Puts the wrapper into `directory` and returns its path. */
export async function installWrapper(directory: string): Promise<string> {
  const file = join(directory, "wrap.sh");
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, SCRIPT, { mode: 0o700 });
  await chmod(fresh, 0o700);
  await rename(fresh, file);
  return file;
}

/** The command line that runs `argv` in `cwd` under the wrapper. */
export const wrapped = (
  wrapper: string,
  exitFile: string,
  { argv, cwd, env }: { argv: readonly string[]; cwd: string; env: Readonly<Record<string, string>> },
): string[] => [
  "/bin/sh",
  wrapper,
  exitFile,
  cwd,
  ...ADDED_VARIABLES.filter((name) => !(name in env)).flatMap((name) => ["-u", name]),
  ...argv,
];
