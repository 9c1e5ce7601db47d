/** `NAME=VALUE` as options take it: which persona takes a role, which command a phase runs. */
import { Failure } from "../domain/failure.ts";
import { say } from "../messages/say.ts";

/** `role=persona`, given once for each role. */
export function bindings(given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(pairs(given, "--bind", "ROLE=PERSONA"));
}

/** `phase=command and arguments`: split into words here, for no shell will see it. */
export function commands(given: readonly string[] = []): Record<string, string[]> {
  return Object.fromEntries(
    pairs(given, "--command", "PHASE=COMMAND").map(([phase, command]) => [phase, words(command)]),
  );
}

function pairs(given: readonly string[], flag: string, shape: string): [string, string][] {
  const seen = new Set<string>();
  return given.map((pair) => {
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(0, at)).trim();
    const value = pair.slice(at + 1).trim();
    if (at < 0 || name === "" || value === "") throw wrong(say("typed.assignment", { flag, shape, typed: pair }));
    if (seen.has(name)) throw wrong(say("typed.twice", { flag, name }));
    seen.add(name);
    return [name, value];
  });
}

const wrong = (problem: string): Failure => new Failure("usage.invalid", { problem });

/** Words as a shell would split them: quotes keep spaces, a backslash keeps the next character; nothing else is special. */
export function words(line: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  let escaped = false;
  for (const character of line) {
    if (escaped) {
      word = (word ?? "") + character;
      escaped = false;
    } else if (character === "\\" && quote !== "'") escaped = true;
    else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? "") + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== undefined) throw wrong(say("typed.open_quote", { quote, line }));
  if (word !== undefined) found.push(word);
  return found;
}
