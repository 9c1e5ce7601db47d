/** A devflowd with one rule broken on purpose, where its ports are put together: a matrix that lets it pass is worth nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";

type Part = Record<string, unknown>;
type Work = (...args: unknown[]) => unknown;

/** Whether a daemon before this one has died. */
const again = (): boolean => existsSync(join(process.env.DEVFLOW_DOOM ?? "", "died"));

interface Break {
  port: string;
  /** The port's calls that go another way now; `same` is how they went before. */
  calls(same: (name: string) => Work): Part;
}

const BREAKS: Readonly<Record<string, Break>> = {
  "skips a receipt": {
    port: "log",
    calls: (same) => ({
      append: (run: unknown, at: unknown, events: { type: string }[], ...more: unknown[]) =>
        same("append")(
          run,
          at,
          events.filter(({ type }) => type !== "command.finished"),
          ...more,
        ),
    }),
  },
  "drops a reservation": { port: "ledger", calls: () => ({ reserve: () => [] }) },
  "sends a prompt again on resume": {
    port: "terminal",
    calls: (same) => ({
      taken: async (keys: unknown) => (again() ? [] : same("taken")(keys)),
      paste: (key: unknown, text: unknown) => same("paste")(again() ? `${String(key)}/again` : key, text),
      press: (key: unknown, ...keys: unknown[]) => same("press")(again() ? `${String(key)}/again` : key, ...keys),
    }),
  },
  "forgets the mark of a session": {
    port: "host",
    calls: (same) => ({ adopt: async (session: unknown) => (again() ? undefined : same("adopt")(session)) }),
  },
  "accepts a stale artifact": {
    port: "artifact",
    // What was refused lies there still, and the agent is told what is wrong with it.
    calls: (same) => ({
      look: (expected: { refused: readonly string[] }) =>
        same("look")(expected.refused.length > 0 ? { ...expected, refused: [], schema: {} } : expected),
    }),
  },
};

export const BROKEN_RULES = Object.keys(BREAKS);

/** The part as it is, or with the rule broken that `DEVFLOW_BREAK` names. */
export function broken<T extends object>(port: string, part: T): T {
  const rule = BREAKS[process.env.DEVFLOW_BREAK ?? ""];
  if (rule?.port !== port) return part;
  const same =
    (name: string): Work =>
    (...args) =>
      Reflect.apply(Reflect.get(part, name) as Work, part, args);
  const calls = rule.calls(same);
  return new Proxy(part, {
    get: (target, name) => (typeof name === "string" ? calls[name] : undefined) ?? Reflect.get(target, name),
  });
}
