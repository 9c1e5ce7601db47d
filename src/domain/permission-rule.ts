/**
 * The rule for what an agent asks permission for: allowed, denied, or a question for a person.
 *
 * Q1. What names a place outside of the worktree, or git's own files, is denied; under `.devflow` only the artifact is written.
 * Q2. Reading, searching and editing are allowed in the worktree, when every place is known.
 * Q3. A command is allowed when the persona's list allows it (`command-rule.ts`), denied when nothing may allow it, and asked about else;
 *     so is one that a shell would read as more than words.
 * Q4. Everything else is asked about. A tool that carries a command is one that runs it, whatever it calls itself.
 */
import type { ToolFacts } from "./acp-update.ts";
import { commandRefusal } from "./command-rule.ts";
import type { ArgumentPlace } from "./command-words.ts";
import type { CommandList } from "./model-agent.ts";
import { shown } from "./tool-refusal.ts";

export interface PermissionQuestion {
  tool: ToolFacts;
  placeOf(path: string): ArgumentPlace;
  /** Whether it is the one file under `.devflow` that may be written. */
  isArtifact(path: string): boolean;
  /** The persona's commands, and the phase's when it has some. */
  lists: readonly CommandList[];
}

export interface PermissionJudgement {
  answer: "allow" | "deny" | "ask";
  why: string;
}

const READS = new Set(["read", "search", "think"]);
const WRITES = new Set(["edit", "delete", "move"]);

export function permission(question: PermissionQuestion): PermissionJudgement {
  const { tool, placeOf } = question;
  const kind = tool.kind ?? "other";
  if (tool.command !== undefined || kind === "execute") return commandPermission(question);
  const places = tool.paths.map((path) => ({ path, place: placeOf(path) }));
  const outside = places.find(({ place }) => place === "outside" || place === "nowhere");
  if (outside) return deny(`${shown(outside.path)} is outside of the worktree`);
  const git = places.find(({ place }) => place === "git");
  if (git) return deny(`${shown(git.path)} belongs to git's own files`);
  if (READS.has(kind)) {
    // A search names the folder that it begins in, and that is the worktree when it names none.
    const known = places.length > 0 || kind !== "read";
    return known ? allow("it reads in the worktree") : ask("it does not say what it reads");
  }
  if (!WRITES.has(kind)) return ask(`nothing is known of tools of the kind ${shown(kind)}`);
  const kept = places.find(({ path, place }) => place === "devflow" && !question.isArtifact(path));
  if (kept) return deny(`under .devflow only the artifact is written, not ${shown(kept.path)}`);
  if (places.length === 0) return ask("it does not say what it changes");
  return places.some(({ place }) => place === "root")
    ? ask("it would change the worktree as a whole")
    : allow("it changes files of the worktree");
}

function commandPermission({ tool, placeOf, lists }: PermissionQuestion): PermissionJudgement {
  const argv = commandWords(tool.command ?? []);
  if (argv === undefined) return ask("a shell would make more of its command than the words that it has");
  if (argv.length === 0) return ask("it does not say what it runs");
  const refused = commandRefusal({ argv, lists, placeOf });
  if (refused) return refused.code === "command.forbidden" ? deny(refused.reason) : ask(refused.reason);
  const away = tool.paths.find((path) => !["inside", "root"].includes(placeOf(path)));
  return away === undefined ? allow("its command is on the list") : ask(`it would run in, or with, ${shown(away)}`);
}

const SHELLS = /^(?:.*\/)?(?:ba|da|z|k)?sh$/;

/** The words of a command; undefined when a shell would read more than words in it. */
export function commandWords(command: string | readonly string[]): string[] | undefined {
  if (typeof command === "string") return plainWords(command);
  const [shell = "", flag = "", text] = command;
  if (SHELLS.test(shell) && /^-l?c$/.test(flag) && text !== undefined && command.length === 3) return plainWords(text);
  return [...command];
}

/** Words in quotes, or of characters that mean nothing to a shell. */
const WORD = /^(?:[\w./:@%+,=-]|'[^']*'|"[^"$`\\!]*")+/;

function plainWords(text: string): string[] | undefined {
  const words: string[] = [];
  for (let rest = text.trim(); rest !== ""; ) {
    const found = WORD.exec(rest)?.[0];
    if (found === undefined) return undefined;
    words.push(found.replace(/'([^']*)'|"([^"]*)"/g, "$1$2"));
    const after = rest.slice(found.length);
    // A new line begins another command.
    const gap = /^[ \t]+|^$/.exec(after)?.[0];
    if (gap === undefined) return undefined;
    rest = after.slice(gap.length);
  }
  // `A=b program` sets a variable for it.
  return /^\w+=/.test(text.trim()) ? undefined : words;
}

const allow = (why: string): PermissionJudgement => ({ answer: "allow", why });
const deny = (why: string): PermissionJudgement => ({ answer: "deny", why });
const ask = (why: string): PermissionJudgement => ({ answer: "ask", why });
