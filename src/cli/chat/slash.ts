/** The commands of a talk: a line that begins with a slash. */
import { nearest } from "../../domain/nearest.ts";
import type { MessageKey } from "../../messages/en.ts";

export const SLASH = {
  help: { takes: "", text: "chat.help.help" },
  quit: { takes: "", text: "chat.help.quit" },
  agent: { takes: "[PERSONA]", text: "chat.help.agent" },
  model: { takes: "[MODEL]", text: "chat.help.model" },
  clear: { takes: "", text: "chat.help.clear" },
  undo: { takes: "", text: "chat.help.undo" },
  stats: { takes: "", text: "chat.help.stats" },
  budget: { takes: "[USD]", text: "chat.help.budget" },
  runs: { takes: "", text: "chat.help.runs" },
  run: { takes: "TEMPLATE GOAL", text: "chat.help.run" },
  approve: { takes: "[no] [RUN]", text: "chat.help.approve" },
  attach: { takes: "", text: "chat.help.attach" },
} as const satisfies Record<string, { takes: string; text: MessageKey }>;

export type Slash = keyof typeof SLASH;

export type Spoken =
  | { kind: "command"; name: Slash; rest: string }
  | { kind: "unknown"; typed: string; meant: string | undefined }
  | { kind: "words"; text: string };

const NAMES = Object.keys(SLASH) as Slash[];

export function understood(line: string): Spoken {
  const typed = /^\/(\S*)\s*([\s\S]*)$/.exec(line);
  if (!typed) return { kind: "words", text: line };
  const [, word = "", rest = ""] = typed;
  const name = NAMES.find((known) => known === word) ?? (word === "exit" || word === "q" ? "quit" : undefined);
  if (name) return { kind: "command", name, rest: rest.trim() };
  return { kind: "unknown", typed: word, meant: nearest(word, NAMES) };
}

/** What Tab makes of a line: the words that fit, and the part of it that they replace. */
export interface Completed {
  hits: string[];
  part: string;
}

export interface Choices {
  personas(): Promise<readonly string[]>;
  templates(): Promise<readonly string[]>;
  /** What is in a folder, named from where the person is; folders with a slash at their end. */
  files(folder: string): Promise<readonly string[]>;
}

export async function completed(line: string, choices: Choices): Promise<Completed> {
  const fitting = (part: string, all: readonly string[], end = " "): Completed => ({
    part,
    hits: all.filter((word) => word.startsWith(part)).map((word) => (word.endsWith("/") ? word : word + end)),
  });
  const reference = /(?:^|[\s([{])@("?)([^"]*)$/.exec(line);
  if (reference && (reference[1] === '"' || !/\s/.test(reference[2] ?? ""))) {
    const [, quoted = "", path = ""] = reference;
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const names = (await choices.files(folder)).map((name) => folder + name);
    const written = names.filter((name) => name.startsWith(path)).map((name) => quotedName(name, quoted !== ""));
    return { part: `@${quoted}${path}`, hits: written };
  }
  const argument = /^\/(\w+)\s+(\S*)$/.exec(line);
  if (argument) {
    const [, name, part = ""] = argument;
    if (name === "agent") return fitting(part, await choices.personas(), "");
    if (name === "run") return fitting(part, await choices.templates());
    return { hits: [], part };
  }
  if (/^\/\w*$/.test(line))
    return fitting(
      line,
      NAMES.map((name) => `/${name}`),
    );
  return { hits: [], part: line };
}

/** A name with a space in it stands in quotes; a folder's are left open, since a name follows. */
function quotedName(name: string, quoted: boolean): string {
  const needs = quoted || /\s/.test(name);
  if (!needs) return `@${name}${name.endsWith("/") ? "" : " "}`;
  return `@"${name}${name.endsWith("/") ? "" : '" '}`;
}
