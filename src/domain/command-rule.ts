/**
 * The rule for commands of model agents: may this argv be run?
 *
 * C1. What is forbidden (`command-never.ts`) is never run, whatever any list says.
 * C2. Every list that is given must have an entry that the argv begins with, word for word.
 * C3. What runs text or other programs (`command-strings.ts`) needs an entry that names that text or program too.
 * C4. What the lists leave open must not lead out of the worktree, nor into git's own files.
 */
import { forbidden } from "./command-never.ts";
import { needsNaming } from "./command-strings.ts";
import { type ArgumentPlace, commandsIn, gitCommandAt, type PlaceOf, pathsIn, programOf } from "./command-words.ts";
import type { CommandList } from "./model-agent.ts";
import { type Refusal, refusal, shown } from "./tool-refusal.ts";

/** More entries than this in an answer are a page, not a hint. */
const MOST_LISTED = 20;

/** They take patterns, which may look like a path that nobody has, and make no folders. */
const TAKE_PATTERNS = new Set([
  "grep",
  "egrep",
  "fgrep",
  "rg",
  "sed",
  "jq",
  "git grep",
  "git log",
  "git show",
  "git diff",
]);

export interface CommandQuestion {
  argv: readonly string[];
  /** The persona's, and the phase's when it has one. */
  lists: readonly CommandList[];
  placeOf: PlaceOf;
}

/** Why it may not be run; undefined when it may. */
export function commandRefusal({ argv, lists, placeOf }: CommandQuestion): Refusal | undefined {
  const command = shown(argv.join(" "));
  const naming = needsNaming(argv);
  const never = [argv, ...(naming ? commandsIn(argv) : [])].map((one) => forbidden(one, placeOf)).find(Boolean);
  if (never) return refusal("command.forbidden", { command, ...never });
  const named = Math.min(...lists.map((list) => longestEntry(list, argv)));
  if (lists.length === 0 || named === 0)
    return refusal("command.not_allowed", { command, allowed: allowedText(lists) });
  if (naming && naming.upTo > named)
    return refusal("command.whole", { command, problem: naming.problem, instead: naming.instead });
  const program = programOf(argv[0]);
  const patterns = TAKE_PATTERNS.has(program === "git" ? `git ${argv[gitCommandAt(argv)]}` : program);
  for (const argument of argv.slice(named)) {
    for (const path of pathsIn(argument)) {
      const refused = argumentRefused(placeOf(path), command, argument, patterns);
      if (refused) return refused;
    }
  }
  return undefined;
}

function argumentRefused(place: ArgumentPlace, command: string, argument: string, patterns: boolean) {
  if (place === "outside" || (place === "nowhere" && !patterns))
    return refusal("command.outside", { command, argument: shown(argument) });
  return place === "git" ? refusal("command.git_files", { command, argument: shown(argument) }) : undefined;
}

/** How many words of `argv` the list names: of its longest entry that `argv` begins with. */
function longestEntry(list: CommandList, argv: readonly string[]): number {
  const matching = list.filter((entry) => entry.every((word, at) => word === argv[at]));
  return Math.max(0, ...matching.map((entry) => entry.length));
}

/** What may be run, for a model that has guessed wrong: entries of one list that the others do not rule out. */
function allowedText(lists: readonly CommandList[]): string {
  const possible = lists
    .flat()
    .filter((entry) => lists.every((list) => longestEntry(list, entry) > 0))
    .map((entry) => entry.join(" "));
  const entries = [...new Set(possible)];
  if (entries.length === 0)
    return "No command is: do the work with the other tools, or call complete and say what could not be done.";
  const more = entries.length > MOST_LISTED ? ` and ${entries.length - MOST_LISTED} more` : "";
  const some = entries.slice(0, MOST_LISTED).map((entry) => `"${entry}"`);
  return `Use one that begins with ${some.join(", ")}${more}.`;
}
