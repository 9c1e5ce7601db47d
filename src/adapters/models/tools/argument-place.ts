/** Where an argument of a command leads, should it be a path: as the system would follow it, and as its letters say. */
import { lstatSync, readlinkSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, relative, sep } from "node:path";
import { SCRATCH } from "../../../domain/artifact.ts";
import type { ArgumentPlace } from "../../../domain/command-words.ts";
import { nameRefused } from "../../../domain/tool-path.ts";
import { errorCode } from "../../system/whole-file.ts";

/** As many as Linux itself follows. */
const MOST_LINKS = 40;
/** What is written there is gone, and there is nothing to be read. */
const NOWHERE = "/dev/null";

/** `root` and `cwd` are real paths. */
export function argumentPlace(root: string, cwd: string, argument: string): ArgumentPlace {
  if (argument === NOWHERE) return "inside";
  // Nothing expands it before the program, which may do so itself.
  if (/^~[^/]*(?:\/|$)/.test(argument) || argument.includes("\0")) return "outside";
  const whole = isAbsolute(argument) ? argument : `${cwd}/${argument}`;
  const followed = follow(whole);
  if (followed === undefined) return "outside";
  const places = [normalize(whole), followed.path].map((path) => placeIn(root, path));
  const worst = (["outside", "git", "root", "devflow"] as const).find((place) => places.includes(place)) ?? "inside";
  return worst === "outside" && isAbsolute(argument) && followed.missing > 1 ? "nowhere" : worst;
}

function placeIn(root: string, path: string): ArgumentPlace {
  const below = relative(root, path.length > 1 ? path.replace(/\/+$/, "") : path);
  if (below === "") return "root";
  const names = below.split(sep);
  if (names[0] === "..") return "outside";
  if (names.some((name) => nameRefused(name, name)?.code === "path.git")) return "git";
  return names[0]?.toLowerCase() === SCRATCH ? "devflow" : "inside";
}

/** The path that the system would come to, and how many of its last names are not there; undefined when it leads in a circle. */
function follow(path: string): { path: string; missing: number } | undefined {
  const todo = path.split("/");
  let at = "/";
  let links = 0;
  let missing = 0;
  for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = dirname(at);
      missing = Math.max(0, missing - 1);
      continue;
    }
    const next = join(at, name);
    const target = linkAt(next);
    if (target === "missing") missing += 1;
    if (target === "missing" || target === "no link") {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) return undefined;
    if (isAbsolute(target.link)) at = "/";
    todo.unshift(...target.link.split("/"));
  }
  return { path: at, missing };
}

function linkAt(path: string): { link: string } | "no link" | "missing" {
  try {
    return lstatSync(path).isSymbolicLink() ? { link: readlinkSync(path) } : "no link";
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return "missing";
    return "no link"; // not ours to look at: its letters decide
  }
}
