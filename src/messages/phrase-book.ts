/**
 * What devflow's programs say in passing, inside of other sentences: why a file cannot be read, why a run goes on. It comes in
 * English from the daemon, from older logs, or from deep inside; the book has the same in another language.
 *
 * A phrase is known by its whole text; `{name}` in it stands for anything. What the book does not have stays as it was said.
 */

interface Pattern {
  whole: RegExp;
  names: readonly string[];
  to: string;
}

/** Looks a phrase up: the same in the book's language, with its values. */
export function phraseBook(phrases: Readonly<Record<string, string>>): (said: string) => string {
  const patterns = Object.entries(phrases)
    .filter(([from]) => from.includes("{"))
    .map(([from, to]): Pattern => ({ whole: patternOf(from), names: namesOf(from), to }));
  const phrase = (said: string): string => {
    const exact = Object.hasOwn(phrases, said) ? phrases[said] : undefined;
    if (exact !== undefined) return exact;
    for (const { whole, names, to } of patterns) {
      const [match, ...values] = whole.exec(said) ?? [];
      if (match === undefined) continue;
      const found = new Map(names.map((name, at) => [name, values[at] ?? ""]));
      return to.replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = found.get(name) ?? "";
        return name === "problem" || name === "reason" ? phrase(value) : value;
      });
    }
    return said;
  };
  return phrase;
}

const namesOf = (from: string): string[] => [...from.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

const patternOf = (from: string): RegExp =>
  new RegExp(
    `^${from
      .split(/\{\w+\}/)
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join("(.+)")}$`,
    "s",
  );
