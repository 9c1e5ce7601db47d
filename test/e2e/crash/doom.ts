/**
 * Put around the ports of a daemon that is built to die: at the point that a test has armed, its process kills itself.
 *
 * A point is a call of a port: `before worktree.prepare`, `after terminal.paste typed`, `before log.append prompt.sending`. What is
 * armed is a file in the folder that `DEVFLOW_DOOM` names, a line for each daemon: `NTH POINT`. Dying moves the line to the file `died`.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { broken } from "./mutants.ts";

const folder = process.env.DEVFLOW_DOOM;

/** How often the armed point was passed. */
let passed = 0;

function at(when: "before" | "after", call: string, about: readonly string[]): void {
  if (folder === undefined) return;
  const [line = "", ...next] = armed(folder).split("\n");
  const [, nth, point] = /^(\d+) (.+)$/.exec(line) ?? [];
  if (![call, ...about.map((detail) => `${call} ${detail}`)].some((name) => `${when} ${name}` === point)) return;
  passed += 1;
  if (passed < Number(nth)) return;
  writeFileSync(join(folder, "armed"), next.join("\n"));
  appendFileSync(join(folder, "died"), `${line}\n`);
  process.kill(process.pid, "SIGKILL");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // nothing more is done, however late the signal comes
}

function armed(where: string): string {
  try {
    return readFileSync(join(where, "armed"), "utf8");
  } catch {
    passed = 0;
    return "";
  }
}

/** What some calls give is a part with calls of its own. */
const INNER: Readonly<Record<string, string>> = {
  "host.open": "terminal",
  "host.adopt": "terminal",
  "agents.open": "agent",
  "agents.adopt": "agent",
};

const known = new WeakMap<object, object>();

function watched<T extends object>(port: string, part: T): T {
  const before = known.get(part);
  if (before) return before as T;
  const proxy = new Proxy(part, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function" || typeof name !== "string") return value;
      return (...args: unknown[]) => around(`${port}.${name}`, args, () => Reflect.apply(value, target, args));
    },
  });
  known.set(part, proxy);
  return proxy;
}

function around(call: string, args: readonly unknown[], work: () => unknown): unknown {
  const about = aboutArguments(call, args);
  const after = (result: unknown): unknown => {
    at("after", call, [...about, ...aboutResult(result)]);
    const inner = INNER[call];
    return inner !== undefined && isObject(result) ? watched(inner, broken(inner, result)) : result;
  };
  at("before", call, about);
  const result = work();
  return isObject(result) && typeof Reflect.get(result, "then") === "function"
    ? Promise.resolve(result).then(after)
    : after(result);
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function aboutArguments(call: string, args: readonly unknown[]): string[] {
  if (call === "log.append") return (args[2] as { type: string }[]).map(({ type }) => type);
  if (call === "git") return [gitCommand(args[1] as string[])];
  if (call === "file.open") return folderIn(String(args[0]));
  if (call === "file.rename") return folderIn(String(args[1]));
  return [];
}

/** What a file is one of. */
const folderIn = (path: string): string[] =>
  [...path.matchAll(/(?<=\/)(?:artifacts|prompts|worktrees|runs)(?=\/)/g)].slice(-1).map(([name]) => name);

/** `worktree add`, `update-ref`: what comes behind git's own options. */
function gitCommand(argv: readonly string[]): string {
  let first = 0;
  while (argv[first] === "-c" || argv[first] === "-C") first += 2;
  const [name = "", more = ""] = argv.slice(first);
  return name === "worktree" ? `${name} ${more}` : name;
}

function aboutResult(result: unknown): string[] {
  if (typeof result === "string") return [result];
  const kind: unknown = isObject(result) ? Reflect.get(result, "kind") : undefined;
  return typeof kind === "string" ? [kind] : [];
}

type Make = (...args: never[]) => unknown;

/** A maker of a part, whose every call is a point. */
export const part =
  (port: string, make: Make) =>
  (...args: never[]): unknown => {
    const made = make(...args);
    const wrapped = (one: unknown): unknown => (isObject(one) ? watched(port, broken(port, one)) : one);
    return made instanceof Promise ? made.then(wrapped) : wrapped(made);
  };

/** A function that is itself the point. */
export const call =
  (name: string, work: Make) =>
  (...args: never[]): unknown =>
    around(name, args, () => work(...args));
