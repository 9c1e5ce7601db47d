/** Programs that run what they are told, as tables: how each takes text or other programs to run. Read by `command-strings.ts`. */

/** Everything that they are given is something to be run. */
// biome-ignore format: by kind
export const RUNNERS: ReadonlySet<string> = new Set([
  "sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "nu", "elvish", "pwsh", "powershell", "cmd", "busybox", "toybox",
  "env", "xargs", "parallel", "nohup", "setsid", "nice", "ionice", "chrt", "taskset", "prlimit", "timeout", "stdbuf", "unbuffer", "time", "watch", "entr", "flock", "script", "expect", "eval", "exec", "command",
  "sudo", "doas", "su", "runuser", "pkexec", "chroot", "unshare", "nsenter", "setpriv", "capsh", "bwrap", "firejail", "xvfb-run", "dbus-run-session", "ssh-agent", "direnv", "nix", "nix-shell",
  "ssh", "mosh", "scp", "sftp", "rsync", "socat", "nc", "ncat", "telnet", "docker", "podman", "nerdctl", "kubectl", "systemd-run", "at", "batch", "crontab", "start-stop-daemon", "screen", "tmux",
  "awk", "gawk", "mawk", "nawk", "sqlite", "psql", "mysql",
  "vi", "vim", "nvim", "view", "ex", "ed", "emacs", "nano", "less", "more", "man", "gdb", "lldb", "strace", "ltrace", "osascript", "open",
]);

/**
 * Interpreters: the options (letters may be clustered, up to one of `stop`, whose rest is a value) that take program text, or
 * that load something before the program.
 */
export interface Interpreter {
  letters: string;
  stop?: string;
  long?: readonly string[];
}
// biome-ignore format: a table, one interpreter a line
export const INTERPRETERS: Readonly<Record<string, Interpreter>> = {
  node: { letters: "eprC", long: ["--eval", "--print", "--require", "--import", "--loader", "--experimental-loader", "--conditions", "--env-file", "--run", "--build-snapshot-config", "--experimental-config-file"] },
  bun: { letters: "epr", long: ["--eval", "--print", "--preload", "--require", "--import"] },
  deno: { letters: "", long: ["--eval", "--import-map", "--preload"] },
  tsx: { letters: "epr", long: ["--eval", "--print", "--require", "--import", "--loader"] },
  "ts-node": { letters: "epr", long: ["--eval", "--print", "--require"] },
  python: { letters: "c", stop: "WX" },
  pypy: { letters: "c", stop: "WX" },
  perl: { letters: "eEMmdnpi", stop: "I" },
  ruby: { letters: "enpri", stop: "IW", long: ["--eval", "--require"] },
  php: { letters: "rBREd", long: ["--run", "--process-begin", "--process-code", "--process-end", "--define"] },
  lua: { letters: "eli" },
  luajit: { letters: "elj" },
  r: { letters: "ef", long: ["--expression", "--file"] },
  rscript: { letters: "e", long: ["--expression"] },
  julia: { letters: "eEL", long: ["--eval", "--print", "--load"] },
  elixir: { letters: "er", long: ["--eval", "--require", "--rpc-eval"] },
  groovy: { letters: "e" },
  scala: { letters: "e" },
  tclsh: { letters: "c" },
  ghc: { letters: "e" },
};

/** Options, anywhere, with which a program runs another one, or does more than it says. */
// biome-ignore format: a table, one program a line
export const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  find: ["-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls", "-files0-from"],
  fd: ["--exec", "--exec-batch", "-x", "-X"],
  tar: ["--checkpoint-action", "--to-command", "--use-compress-program", "--rsh-command", "--info-script", "--new-volume-script", "--absolute-names", "--rmt-command", "-I", "-F", "-P"],
  bsdtar: ["--use-compress-program", "--absolute-paths", "-P"],
  zip: ["--unzip-command", "-TT"],
  make: ["--eval", "-E"],
  gmake: ["--eval", "-E"],
  sort: ["--compress-program"],
  rg: ["--pre", "--hostname-bin"],
  curl: ["--config", "-K"],
  wget: ["--use-askpass", "--execute", "--config", "-e"],
  split: ["--filter"],
  npm: ["--script-shell", "--shell", "--node-options", "--call"],
  pnpm: ["--script-shell", "--shell-mode", "-c"],
  npx: ["--call", "-c"],
  cargo: ["--config"],
  go: ["-exec", "-toolexec", "-vettool"],
  gcc: ["-wrapper", "-specs", "-fplugin"],
  "g++": ["-wrapper", "-specs", "-fplugin"],
  cc: ["-wrapper", "-specs", "-fplugin"],
};

/** Of these the next word says what is run: it has to be named. */
export const NEXT_WORD: ReadonlySet<string> = new Set(["npx", "pnpx", "bunx", "uvx", "pipx"]);

/** The same after one of these words. */
export const NEXT_AFTER: Readonly<Record<string, readonly string[]>> = {
  npm: ["exec", "x", "explore", "init", "create", "innit", "config", "set"],
  pnpm: ["exec", "dlx", "create", "config"],
  yarn: ["exec", "dlx", "create", "config", "node"],
  bun: ["x", "create"],
  deno: ["eval", "repl"],
  uv: ["run", "tool"],
  poetry: ["run"],
  pipenv: ["run"],
  hatch: ["run"],
  conda: ["run"],
  mise: ["exec", "x"],
  bundle: ["exec"],
  go: ["tool", "generate", "env"],
  gh: ["api", "alias", "extension"],
};

/** git's commands that run no program of the caller's choosing. */
// biome-ignore format: by letter
export const GIT_COMMANDS: ReadonlySet<string> = new Set([
  "add", "am", "annotate", "apply", "archive", "blame", "branch", "bundle", "cat-file", "check-attr", "check-ignore", "checkout", "checkout-index", "cherry", "cherry-pick", "clean", "commit", "commit-tree", "count-objects",
  "describe", "diff", "diff-files", "diff-index", "diff-tree", "fetch", "for-each-ref", "format-patch", "fsck", "grep", "hash-object", "help", "log", "ls-files", "ls-remote", "ls-tree", "merge", "merge-base", "merge-tree", "mv",
  "name-rev", "notes", "pull", "push", "range-diff", "read-tree", "rebase", "reflog", "remote", "reset", "restore", "rev-list", "rev-parse", "revert", "rm", "shortlog", "show", "show-branch", "show-ref", "sparse-checkout", "stash", "status", "switch", "symbolic-ref", "tag",
  "update-index", "var", "verify-commit", "verify-tag", "version", "whatchanged", "worktree", "write-tree",
]);

/** git's commands that run programs, set up what other commands run, or wait for somebody. Any other word may be an alias. */
// biome-ignore format: by kind
export const GIT_RUNNERS: ReadonlySet<string> = new Set([
  "config", "filter-branch", "bisect", "submodule", "difftool", "mergetool", "clone", "init", "daemon", "shell", "instaweb", "web--browse", "hook", "maintenance", "send-email", "credential", "upload-pack", "receive-pack", "upload-archive", "fast-import", "gui", "citool", "svn", "p4", "cvsserver", "subtree",
]);

export const GIT_OPTIONS: readonly string[] = [
  "--exec",
  "--upload-pack",
  "--receive-pack",
  "--open-files-in-pager",
  "--ext-diff",
  "--textconv",
  "--strategy",
  "--no-index",
  "--filters",
  "--unsafe-paths",
];

/** Letters that stand for one of those. */
export const GIT_LETTERS: Readonly<Record<string, string>> = { rebase: "xs", grep: "O", merge: "s", pull: "s" };

/** What changes things that the worktree shares with the user's own checkout: branches, stashes, remotes, other worktrees. */
// biome-ignore format: a table, one command a line
export const GIT_SHARED: Readonly<Record<string, { words?: readonly string[]; letters?: string; long?: readonly string[] }>> = {
  branch: { letters: "dDfmMcC", long: ["--delete", "--force", "--move", "--copy"] },
  tag: { letters: "df", long: ["--delete", "--force"] },
  stash: { words: ["clear", "drop", "pop"] },
  reflog: { words: ["expire", "delete"] },
  remote: { words: ["add", "set-url", "set-head", "rename", "remove", "rm", "update", "prune"] },
  worktree: { words: ["add", "remove", "move", "prune", "repair", "lock", "unlock"] },
  notes: { words: ["prune", "remove"] },
  "symbolic-ref": { letters: "dm" },
};
