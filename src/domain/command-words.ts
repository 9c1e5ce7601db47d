/** The words of a command line, as programs read them: their own name, abbreviated options, and paths in disguise. */

/** Where an argument leads, should it be a path. `nowhere`: absolute, and not even its folder is there. */
export type ArgumentPlace = "inside" | "root" | "devflow" | "git" | "outside" | "nowhere";

/** Where a path leads from the folder in which the command is run, all links followed. */
export type PlaceOf = (path: string) => ArgumentPlace;

/** The program's name without its folder, version and ending, and without regard to case, which macOS does not see. */
export const programOf = (word: string | undefined): string =>
  (word ?? "")
    .replace(/^.*\//, "")
    .toLowerCase()
    .replace(/\.(?:exe|cmd|bat|com)$/, "")
    .replace(/^([a-z][a-z+-]*?)-?\d[\d.]*$/, "$1");

/** Whether `word` is the long option, or one of the abbreviations that GNU programs and git take for it, with a value or without. */
export function isLongOption(word: string, option: string): boolean {
  const name = word.replace(/=.*$/s, "");
  return name.length > 2 && option.startsWith(name);
}

/** Whether `word` is a cluster of short options with one of `letters` in it: `-fdx` has an `f`. */
export const hasShort = (word: string, letters: string): boolean =>
  /^-[^-]/.test(word) && [...word.slice(1)].some((letter) => letters.includes(letter));

/** All that a program could take for a path in this argument: as it stands, after `=` or `@` or an option's letter, in a list. */
export function pathsIn(argument: string): string[] {
  const value = argument.replace(/^-{1,2}[^=]*=|^[A-Za-z_][\w.-]*=/, "");
  const attached = /^-[A-Za-z0-9]([/.~@].*)$/s.exec(argument)?.[1];
  const found = new Set<string>();
  for (const text of [argument, value, attached ?? ""]) {
    if (text === "") continue;
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
    const file = /file:(?:\/\/[^/]*)?(\/.*)$/is.exec(text)?.[1];
    if (file !== undefined) found.add(file);
    if (url) continue;
    for (const piece of [text, ...text.split(/[:,;]/)]) found.add(piece.replace(/^@/, ""));
  }
  found.delete("");
  return [...found];
}

const JUDGED = new Set(["git", "rm"]);

/**
 * What the arguments would run, were they run: every place where a program that is judged begins, as a word of its own
 * (`timeout 5 git push -f`) or within a text (`sh -c "cd x; rm -rf /"`).
 */
export function commandsIn(argv: readonly string[]): string[][] {
  const found: string[][] = [];
  for (const [at, word] of argv.entries()) {
    if (at > 0 && JUDGED.has(programOf(word))) found.push(argv.slice(at));
    if (!/\s/.test(word)) continue;
    for (const piece of word.split(/[;|&\n`(){}]+/)) {
      const words = piece.split(/\s+/).map((part) => part.replace(/^["']+|["']+$/g, ""));
      for (const [start, part] of words.entries()) if (JUDGED.has(programOf(part))) found.push(words.slice(start));
    }
  }
  return found;
}

/** Options before git's command that take the next word. */
const GIT_VALUES = new Set([
  "-C",
  "-c",
  "--git-dir",
  "--work-tree",
  "--namespace",
  "--config-env",
  "--exec-path",
  "--super-prefix",
  "--attr-source",
]);

/** Where in `argv` git's own command stands; its end when there is none. */
export function gitCommandAt(argv: readonly string[]): number {
  for (let at = 1; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (!word.startsWith("-")) return at;
    if (GIT_VALUES.has(word)) at += 1;
  }
  return argv.length;
}
