/** `@file` and `@folder` in a message: what stands there is quoted under it. Names with spaces stand in quotes: `@"a b.md"`. */
import { isAbsolute, join, relative } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { Quote } from "../compose/offers.ts";

const REFERENCE = /(?<=^|[\s([{])@(?:"([^"\n]+)"|([^\s"'`,;!?()[\]{}<>]+))/gu;

/** More than that is a folder to be named. */
const MOST_REFERENCES = 20;
/** All quotes of one message, in characters: what an agent reads by itself costs it less. */
const MOST_QUOTED = 200_000;

/** The paths, each once, in their order; a full stop or a colon after one is the sentence's. */
export function referencesIn(text: string): string[] {
  const found = [...text.matchAll(REFERENCE)].map(([, quoted, plain = ""]) => quoted ?? plain.replace(/[.:]+$/, ""));
  return [...new Set(found.filter((path) => path !== ""))];
}

/** Words that only look like a path: `@param`, `@someone`. */
const isWord = (path: string): boolean => !/[./\\]/.test(path);

export interface Places {
  root: string;
  cwd: string;
}

/** The message with what it names; throws `Failure` talk.bad_reference. */
export function withQuotes(text: string, { root, cwd }: Places, quote: (path: string) => Quote): string {
  const quotes: string[] = [];
  let length = 0;
  for (const path of referencesIn(text)) {
    const below = relative(root, cwd);
    const found = quote(isAbsolute(path) || below === "" ? path : join(below, path));
    if (!found.ok && isWord(path)) continue;
    if (!found.ok) throw new Failure("talk.bad_reference", { path, problem: found.problem.split(/\. /)[0] ?? "" });
    length += found.text.length;
    if (length > MOST_QUOTED || quotes.length === MOST_REFERENCES)
      throw new Failure("talk.bad_reference", {
        path,
        problem: `a message quotes at most ${MOST_REFERENCES} files and ${MOST_QUOTED} characters`,
      });
    const what = found.kind === "folder" ? "The folder" : "The file";
    quotes.push(`${what} ${path}, as the person has it:\n\n${fenced(found.text, path)}`);
  }
  return [text, ...quotes].join("\n\n");
}

/** A fence that nothing in the text can close. */
function fenced(text: string, path: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const language = /\.([a-z0-9]{1,8})$/i.exec(path)?.[1] ?? "";
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}
