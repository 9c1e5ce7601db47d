/**
 * What no list can allow: work that cannot be got back. Forced and deleting pushes, hard resets, cleaning, and recursive
 * removal of anything but what is in the worktree; with all that could hide one of these from this rule.
 */
import { gitCommandAt, hasShort, isLongOption, type PlaceOf, programOf } from "./command-words.ts";

export interface Never {
  problem: string;
  instead: string;
}

/** Why `argv` is never run; undefined when it is for the lists to say. */
export function forbidden(argv: readonly string[], placeOf: PlaceOf): Never | undefined {
  const odd = malformed(argv);
  if (odd) return odd;
  const program = programOf(argv[0]);
  if (program === "rm") return removal(argv.slice(1), placeOf);
  if (program === "git") return git(argv);
  return program.startsWith("git-") ? gitCommand(program.slice("git-".length), argv.slice(1)) : undefined;
}

function malformed([program = "", ...rest]: readonly string[]): Never | undefined {
  const plain = 'Give the program\'s name first, as in ["git", "status"].';
  if (program.trim() === "") return { problem: "there is no program", instead: plain };
  if ([program, ...rest].some((word) => word.includes("\0")))
    return { problem: "a word has a zero byte in it", instead: "Leave it out." };
  if (/^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(program))
    return { problem: "variables cannot be set for a command", instead: plain };
  if (program.startsWith("-")) return { problem: "an option is no program", instead: plain };
  if (/\s/.test(program))
    return { problem: "the program's name has a space in it", instead: `${plain} Each argument is a word of its own.` };
  return undefined;
}

function removal(words: readonly string[], placeOf: PlaceOf): Never | undefined {
  const recursive = words.some((word) => isLongOption(word, "--recursive") || hasShort(word, "rR"));
  if (words.some((word) => isLongOption(word, "--no-preserve-root")))
    return { problem: "--no-preserve-root is for removing a whole disk", instead: "Leave it out." };
  if (!recursive || words.every((word) => placeOf(word) === "inside")) return undefined;
  return {
    problem: "it removes folders that are not the worktree's to lose",
    instead: "Remove only folders below the worktree, by their path; not the worktree itself, .git or .devflow.",
  };
}

/** Options before git's command that change nothing but its looks. */
const HARMLESS = new Set([
  "--no-pager",
  "-P",
  "--no-optional-locks",
  "--no-replace-objects",
  "--literal-pathspecs",
  "--glob-pathspecs",
  "--noglob-pathspecs",
  "--icase-pathspecs",
  "--version",
  "-v",
  "--help",
  "-h",
]);

function git(argv: readonly string[]): Never | undefined {
  const at = gitCommandAt(argv);
  const odd = argv.slice(1, at).find((word, place) => !(word === "-C" || argv[place] === "-C" || HARMLESS.has(word)));
  if (odd !== undefined)
    return {
      problem: `the option ${odd.replace(/=.*$/s, "")} before git's command can change what git does`,
      instead: "Leave it out: git works on this worktree by itself.",
    };
  return gitCommand(argv[at] ?? "", argv.slice(at + 1));
}

const FORCE = ["--force", "--force-with-lease", "--force-if-includes"];
const NO_FORCE: Never = {
  problem: "it can throw away what others have pushed",
  instead:
    "Push without force, mirror, prune or delete, and without + or : before a branch; or leave pushing to the people.",
};
const NO_LOSS: Never = {
  problem: "it throws away work that nobody can get back",
  instead: "Undo changes file by file with write_file, or with git restore PATH or git checkout -- PATH where allowed.",
};
const NO_CLEAN: Never = {
  problem: "it deletes files that git does not know",
  instead: "See them with git clean --dry-run, and remove single files with rm where it is allowed.",
};

function gitCommand(command: string, words: readonly string[]): Never | undefined {
  const long = (...options: string[]) => words.some((word) => options.some((option) => isLongOption(word, option)));
  const short = (letters: string) => words.some((word) => hasShort(word, letters));
  switch (command) {
    case "push":
    case "send-pack":
    case "http-push":
      return long(...FORCE, "--mirror", "--delete", "--prune") ||
        short("fdD") ||
        words.some((word) => /^[+:]/.test(word))
        ? NO_FORCE
        : undefined;
    case "reset":
      return long("--hard") ? NO_LOSS : undefined;
    case "checkout":
    case "switch":
    case "checkout-index":
      return long("--force", "--discard-changes") || short("f") ? NO_LOSS : undefined;
    case "read-tree":
      return long("--reset") ? NO_LOSS : undefined;
    case "clean":
      return long("--force") || short("f") || !(long("--dry-run") || words.some((word) => /^-[dqxX]*n/.test(word)))
        ? NO_CLEAN
        : undefined;
    default:
      return undefined;
  }
}
