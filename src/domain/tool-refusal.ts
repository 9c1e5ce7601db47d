/**
 * Every reason for which a tool does not do what a model asked for. One row a code: what is wrong, then what to do instead,
 * in sentences that a model can act on. Texts take `{named}` parameters.
 */
import { type FailureParams, sentence } from "./failure.ts";

// biome-ignore format: a table, one reason a line
export const REFUSALS = {
  "args.invalid": "The arguments of {tool} are not right: {problem}. Send the call again with arguments that fit its schema.",
  "tool.unknown": "There is no tool {tool} here. Use one of these: {tools}.",
  "tool.failed": "{tool} could not be carried out: {problem}. Nothing was done; try another way, or call complete and say what is in the way.",

  "path.outside": "{path} is outside of the worktree. Use a path relative to the worktree, such as src/a.ts, or an absolute one under {root}.",
  "path.link_outside": "{path} leads through a symbolic link ({link}) out of the worktree. Use a path without that link; only what is in the worktree can be used.",
  "path.link_dangling": "{path} is a symbolic link to something that is not there. Write to the path that you mean itself, not through the link.",
  "path.link_loop": "The symbolic links of {path} go in a circle. Use the path of the file itself.",
  "path.link_devflow": "{path} leads through a symbolic link in .devflow. Put a plain folder or file there; devflow follows no links in it.",
  "path.git": "{path} belongs to git's own files, which cannot be read or changed here. Use git commands with run_command where they are allowed.",
  "path.devflow": "Under .devflow nothing can be written{except}. Put other files elsewhere in the worktree.",
  "path.look_alike": "{path} has a part that only looks like {like}. Write the path in plain characters.",
  "path.characters": "{path} has characters that are not taken in paths ({problem}). Write the path with / between plain names.",
  "path.encoded": "{path} is percent-encoded. Give the path as it is, without encoding.",
  "path.url": "{path} is a URL. Give a path relative to the worktree, such as src/a.ts.",
  "path.home": "{path} begins with ~, which is not expanded here. Use a path relative to the worktree; put ./ before a name that begins with ~.",
  "path.windows": "{path} is a Windows path. Use a path relative to the worktree with / between the names.",
  "path.not_portable": "A file {path} cannot exist on every system ({problem}). Choose another name.",
  "path.too_long": "{path} is too long ({bytes} bytes). Use a name of at most 255 bytes and a path of at most 4000.",
  "path.changed": "{path} was changed by something else at the same moment. Look at it with list_dir, then try again.",
  "path.not_found": "There is no {path}. See what is there with list_dir on {parent}.",
  "path.not_file": "{path} is {kind}, not a regular file. {instead}",
  "path.not_folder": "{path} is not a folder{hint}. Use list_dir on a folder that is there, and read_file for a file.",
  "path.other_names": "{path} has another name somewhere (a hard link), perhaps outside of the worktree, so it is not read. Use a file of the worktree's own, or make a copy with an allowed command.",
  "path.denied": "{path} cannot be used: {problem}. Use another path, or call complete and say what is in the way.",

  "file.binary": "{path} is no UTF-8 text ({problem}), so it cannot be shown. Use an allowed command that understands its format, or do without it.",
  "file.too_large": "{path} has {bytes} bytes; the limit of read_file is {limit}. Look at parts of it with an allowed command, such as grep or head.",
  "file.past_end": "{path} has {lines} lines, so there is nothing from line {offset} on. Use a smaller offset.",
  "content.too_large": "The content has {bytes} bytes; the limit of write_file is {limit}. Write less, or several files.",
  "content.invalid": "The content has half a character in it (an unpaired surrogate). Send it again as whole UTF-8 text.",
  "file.changed": "Writing {path} was interrupted, and since then something else has changed it. Read it, then write it with a new call.",

  "command.string": "The command was given as one string. Give argv as a list, the program and each argument by itself, as in [\"git\", \"status\"]; there is no shell.",
  "command.not_allowed": "{command} is not among the commands that may be run here. {allowed}",
  "command.forbidden": "{command} is never run: {problem}. {instead}",
  "command.whole": "{command} is not run: {problem}. It would have to stand in the list of allowed commands word for word; {instead}",
  "command.outside": "{command} is not run: its argument {argument} is outside of the worktree. Use paths inside of the worktree only.",
  "command.git_files": "{command} is not run: its argument {argument} belongs to git's own files. Use git's own commands where they are allowed; do not touch its files.",
  "command.not_found": "{command} could not be started: {problem}. Use a program that is there.",
  "command.timed_out": "{command} was ended after {seconds} s, and everything that it had started with it. Do less at once, or give a longer timeoutSeconds (at most {most}).",
  "command.stopped": "{command} was ended before it was finished, since the session was stopped. Look at what it has done before you run it again.",
  "command.interrupted": "{command} was interrupted by a restart; whether it had its effect is not known. Look before you run it again, with a new call.",

  "artifact.missing": "The artifact {path} is not there yet. Write it with write_file, then call complete again.",
  "artifact.not_json": "The artifact {path} is no JSON document: {problem}. Write it again with write_file, then call complete.",
  "subagent.unfinished": "The subagent did not finish: {problem}. What it has done so far is in the worktree; look at it and go on by yourself.",
  "subagent.no_rest": "There is no room for a subagent: {problem}. Do it yourself with what is left, or call complete.",
} as const satisfies Record<string, string>;

export type RefusalCode = keyof typeof REFUSALS;

export interface Refusal {
  ok: false;
  code: RefusalCode;
  /** What is wrong and what to do instead, for the model. */
  reason: string;
  /** What there is to see all the same: the output of a command that was ended. */
  text?: string;
}

/** A model may repeat a whole file where a path belongs: what it gets back of it is as long as a name can be. */
const SHOWN_CHARACTERS = 256;

/** A word of the model's own in a sentence: short, and with no character that could draw or hide anything. */
export function shown(word: string): string {
  const visible = word.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
  const characters = [...visible];
  return characters.length <= SHOWN_CHARACTERS ? visible : `${characters.slice(0, SHOWN_CHARACTERS).join("")}…`;
}

export const refusal = (code: RefusalCode, params: FailureParams = {}): Refusal => ({
  ok: false,
  code,
  reason: sentence(REFUSALS[code], params),
});
