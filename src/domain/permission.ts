/**
 * Permission: what an agent asks for in a dialog of its own, and what is answered by the lists of its persona.
 *
 * P1. What the lists deny is denied; what devflow never runs (`command-never.ts`) is denied too, whatever they allow.
 * P2. A command is allowed only when each part of it is plain words and passes the rule for commands of model agents.
 * P3. What cannot be read is never allowed: it is asked about.
 */
import { z } from "zod";
import { forbidden } from "./command-never.ts";
import { commandRefusal } from "./command-rule.ts";
import type { ArgumentPlace, PlaceOf } from "./command-words.ts";
import { Digest } from "./ids.ts";
import { Slug } from "./names.ts";

/** The beginning of a command, word for word, or the name of a tool as the agent's profile calls it. */
const Entry = z.union([Slug, z.array(z.string().min(1).max(200)).min(1).max(10)]);

export const Permissions = z.strictObject({
  allow: z.array(Entry).max(200).default([]).describe("Tools by name (edit), commands by how they begin ([npm, test])"),
  deny: z.array(Entry).max(200).default([]).describe("Counts before allow"),
  otherwise: z.enum(["ask", "deny"]).default("ask").describe("What neither list names"),
});
export type Permissions = z.infer<typeof Permissions>;

/** One question of an agent, as it stood on its screen or came in its protocol. */
export const Asked = z.strictObject({
  dialog: z.string().max(100).describe("Which of the profile's permission dialogs it is"),
  tool: z.string().max(100),
  command: z.string().max(4_000).optional().describe("The shell command, where it could be read whole"),
  text: z.string().max(8_000).describe("All that was asked, a row a line, without frames and marks"),
  options: z.array(z.string().max(300)).max(12),
  digest: Digest.describe("Of that text: an answer is for this question and no other"),
});
export type Asked = z.infer<typeof Asked>;

export const PermissionAnswer = z.enum(["allow", "deny"]);
export type PermissionAnswer = z.infer<typeof PermissionAnswer>;

/**
 * What came of an answer. `changed`: another question stands there; `gone`: none does; `unanswered`: it stands there still.
 */
export const Permitted = z.enum(["answered", "changed", "gone", "unanswered"]);
export type Permitted = z.infer<typeof Permitted>;

export interface Decision {
  answer: PermissionAnswer | "ask";
  why: string;
}

export function permissionFor(
  { allow, deny, otherwise }: Permissions,
  { tool, command }: Pick<Asked, "tool" | "command">,
  cwd: string,
): Decision {
  const commands = command === undefined ? undefined : simpleCommands(command);
  const denied = deny.find((entry) => names(entry, tool, commands));
  if (denied) return { answer: "deny", why: `the persona denies ${shown(denied)}` };
  const never = commands?.filter(([program = ""]) => NAME.test(program)).map((argv) => forbidden(argv, placeIn(cwd)));
  const why = never?.find(Boolean)?.problem;
  if (why !== undefined) return { answer: "deny", why: `devflow never lets this be run: ${why}` };
  // A command that cannot be read may be one that is denied (P3).
  const open = tool === COMMAND && commands === undefined && deny.some((entry) => typeof entry !== "string");
  if (allow.includes(tool) && !open) return { answer: "allow", why: `the persona allows ${tool}` };
  const lists = [allow.filter((entry) => typeof entry !== "string")];
  const passes = commands?.every((argv) => !commandRefusal({ argv, lists, placeOf: placeIn(cwd) }));
  if (commands && passes) return { answer: "allow", why: `the persona allows ${commands.map(shown).join(" and ")}` };
  return otherwise === "deny"
    ? { answer: "deny", why: "the persona does not allow it, and denies the rest" }
    : { answer: "ask", why: "the persona's lists leave it open" };
}

/** What profiles call the tool that runs shell commands. */
const COMMAND = "command";

/** A program by its name or path: no option, no variable that is set. */
const NAME = /^[A-Za-z0-9_./][\w./+-]*$/;

const shown = (entry: string | readonly string[]): string => (typeof entry === "string" ? entry : entry.join(" "));

function names(entry: Permissions["deny"][number], tool: string, commands: string[][] | undefined): boolean {
  if (typeof entry === "string") return entry === tool;
  return commands?.some((argv) => entry.every((word, at) => word === argv[at])) ?? false;
}

/** Words of a shell that are no plain text: with one of these in it, what is run is not what is written. */
const SHELL = /[$`()<>{}[\]*?~!#\\\n&;|]/u;

/** The commands that a shell would run one after the other; `undefined` when one of them is not plain words (P3). */
function simpleCommands(text: string): string[][] | undefined {
  if (/\p{Cc}/u.test(text)) return undefined; // a line of its own is a command of its own
  const all = parts(text.trim())?.map(plainWords);
  if (!all || all.length === 0) return undefined;
  const whole = all.filter((argv) => argv !== undefined && argv.length > 0);
  return whole.length === all.length ? (whole as string[][]) : undefined;
}

/** Cut at `&&`, `||`, `;` and `|` outside of quotes; `undefined` when a quote is left open. */
function parts(text: string): string[] | undefined {
  const found = [""];
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    if (quote !== "") quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (/^(?:&&|\|\||;|\|(?!&))/.test(text.slice(at))) {
      if (/^(?:&&|\|\|)/.test(text.slice(at))) at += 1;
      found.push("");
      continue;
    }
    found[found.length - 1] += letter;
  }
  return quote === "" ? found : undefined;
}

function plainWords(text: string): string[] | undefined {
  const words: string[] = [];
  const word = /\s*((?:'[^']*'|"[^"]*"|[^\s'"])+)/gu;
  for (const [, found = ""] of text.matchAll(word)) {
    const bare = found.replace(
      /'([^']*)'|"([^"]*)"/gu,
      (_, single?: string, double?: string) => single ?? double ?? "",
    );
    // In double quotes a shell still replaces; in single ones it takes everything as it stands.
    const open = found.replace(/'[^']*'/gu, "").replace(/"([^"$`\\!]*)"/gu, "");
    if (SHELL.test(open)) return undefined;
    words.push(bare);
  }
  return words;
}

/** Without a look at the disk: what could lead elsewhere is elsewhere. */
function placeIn(cwd: string): PlaceOf {
  return (path): ArgumentPlace => {
    const within = path === cwd ? "" : path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
    const names = within.split("/");
    if (within.startsWith("/") || within.startsWith("~") || names.includes("..")) return "outside";
    if (names.includes(".git")) return "git";
    if (names[0] === ".devflow") return "devflow";
    return names.every((name) => name === "" || name === ".") ? "root" : "inside";
  };
}
