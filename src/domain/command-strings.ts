/**
 * Programs that run text, or other programs, that they are given: with one of them on a list, everything would be allowed.
 * Such a command needs an entry in the lists that names it as far as `upTo`.
 */
import {
  GIT_COMMANDS,
  GIT_LETTERS,
  GIT_OPTIONS,
  GIT_RUNNERS,
  GIT_SHARED,
  INTERPRETERS,
  type Interpreter,
  NEXT_AFTER,
  NEXT_WORD,
  OPTIONS,
  RUNNERS,
} from "./command-programs.ts";
import { gitCommandAt, hasShort, isLongOption, programOf } from "./command-words.ts";

export interface Naming {
  /** How many words of the argv the lists have to name. */
  upTo: number;
  problem: string;
  instead: string;
}

const TEXT = "put the text into a file of the worktree, and run that with an allowed command.";
const OTHER = "run the program itself, where that is allowed.";

/** How far the lists have to name this argv; undefined when the program's name alone will do. */
export function needsNaming(argv: readonly string[]): Naming | undefined {
  const program = programOf(argv[0]);
  if (RUNNERS.has(program)) return all(argv, `${program} runs whatever it is given`, OTHER);
  if (program === "git" || program.startsWith("git-")) return gitNaming(argv, program);
  if (program === "sed" && argv[1] !== "--sandbox")
    return all(argv, "a script of sed can run programs and write files", "put --sandbox right after sed.");
  return (
    interpreterNaming(argv, program) ??
    optionNaming(argv, program) ??
    makeNaming(argv, program) ??
    wordNaming(argv, program)
  );
}

const all = (argv: readonly string[], problem: string, instead: string): Naming => ({
  upTo: argv.length,
  problem,
  instead,
});

const nameOf = (word: string): string => word.replace(/=.*$/s, "");

function interpreterNaming(argv: readonly string[], program: string): Naming | undefined {
  const row = INTERPRETERS[program];
  if (row === undefined) return undefined;
  for (let at = 1; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (word === "-" || takesText(word, row) || dataProgram(word))
      return all(argv, `${program} ${nameOf(word)} runs text, or loads what it is told to`, TEXT);
    const isOption = word.startsWith("-");
    // The program's own file: what follows is for it. Behind an option the word may as well be that option's value.
    if (!isOption && (at === 1 || !argv[at - 1]?.startsWith("-"))) return undefined;
    if (/^(?:python|pypy)$/.test(program) && /^-[A-Za-z]*m/.test(word))
      return { upTo: at + (word.endsWith("m") ? 2 : 1), problem: `${program} -m runs any module`, instead: OTHER };
  }
  return undefined;
}

function takesText(word: string, { letters, stop = "", long = [] }: Interpreter): boolean {
  // Node takes an underscore for a dash.
  if (word.startsWith("--")) return long.some((option) => isLongOption(word.replaceAll("_", "-"), option));
  const end = [...word].findIndex((letter) => stop.includes(letter));
  return hasShort(end < 0 ? word : word.slice(0, end), letters);
}

/** Text that is given in place of a file, or a file from far away. */
const dataProgram = (word: string): boolean => /^(?:data|blob|https?|node|npm|jsr):/i.test(word);

function optionNaming(argv: readonly string[], program: string): Naming | undefined {
  const options = OPTIONS[program] ?? [];
  const [first = "", ...rest] = argv.slice(1);
  // The oldest way to write tar's options has no dash.
  const words = program === "tar" && /^[A-Za-z]+$/.test(first) ? [`-${first}`, ...rest] : [first, ...rest];
  const word = words.find((one) => options.some((option) => takes(one, option)));
  if (word === undefined) return undefined;
  return all(argv, `with ${nameOf(word)} ${program} runs other programs, or does more than it says`, OTHER);
}

/** Long options may be shortened, letters stand in clusters, and some programs have words behind a single dash. */
function takes(word: string, option: string): boolean {
  if (option.startsWith("--")) return isLongOption(word, option);
  if (option.length > 2) return nameOf(word) === option || nameOf(word) === `-${option}`;
  return hasShort(word, option.slice(1));
}

/** make runs what is in a variable, when its text says so or when it is the shell's. */
function makeNaming(argv: readonly string[], program: string): Naming | undefined {
  if (program !== "make" && program !== "gmake") return undefined;
  const word = argv.find((one) => /^[^=]*=.*[$`]|^[^=]*!=|^(?:SHELL|\.SHELLFLAGS|MAKEFLAGS)\W*=/s.test(one));
  return word === undefined ? undefined : all(argv, `make runs text from ${nameOf(word)}`, TEXT);
}

function wordNaming(argv: readonly string[], program: string): Naming | undefined {
  if (NEXT_WORD.has(program)) return upToWord(argv, 1, program);
  const after = NEXT_AFTER[program];
  if (after === undefined) return undefined;
  for (let at = 1; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (word.startsWith("-")) continue;
    if (after.includes(word)) return upToWord(argv, at + 1, `${program} ${word}`);
    if (!argv[at - 1]?.startsWith("-")) return undefined; // else it may be that option's value
  }
  return undefined;
}

/** Up to the first word from `at` on that is no option. */
function upToWord(argv: readonly string[], at: number, what: string): Naming {
  const next = argv.findIndex((word, place) => place >= at && !word.startsWith("-"));
  return { upTo: next < 0 ? argv.length : next + 1, problem: `${what} runs any program`, instead: OTHER };
}

const ANOTHER = "use another git command.";

function gitNaming(argv: readonly string[], program: string): Naming | undefined {
  const at = program === "git" ? gitCommandAt(argv) : 0;
  const command = program === "git" ? argv[at] : program.slice("git-".length);
  if (command === undefined) return undefined;
  if (GIT_RUNNERS.has(command) || command.startsWith("remote-"))
    return all(argv, `git ${command} can run other programs`, ANOTHER);
  if (!GIT_COMMANDS.has(command))
    return { upTo: at + 1, problem: `git ${command} may be an alias for anything`, instead: ANOTHER };
  const words = argv.slice(at + 1);
  const shared = words.find((word, place) => isShared(command, word, place));
  if (shared !== undefined)
    return all(argv, `git ${command} ${nameOf(shared)} changes what other checkouts share`, ANOTHER);
  const letters = GIT_LETTERS[command] ?? "";
  const odd = words.find(
    (word) =>
      GIT_OPTIONS.some((option) => isLongOption(word, option)) ||
      hasShort(word, letters) ||
      /^(?:ext|fd)::/i.test(word),
  );

  return odd === undefined ? undefined : all(argv, `git ${command} ${nameOf(odd)} can run other programs`, ANOTHER);
}

function isShared(command: string, word: string, place: number): boolean {
  const { words = [], letters = "", long = [] } = GIT_SHARED[command] ?? {};
  return (
    (place === 0 && words.includes(word)) ||
    hasShort(word, letters) ||
    long.some((option) => isLongOption(word, option))
  );
}
