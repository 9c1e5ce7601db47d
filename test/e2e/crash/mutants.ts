/** A devflowd broken on purpose, one rule each, where its ports are put together: a matrix that lets any of them pass is worth nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";

type Part = Record<string, unknown>;
type Work = (...args: unknown[]) => unknown;

/** Whether a daemon before this one has died. */
const again = (): boolean => existsSync(join(process.env.DEVFLOW_DOOM ?? "", "died"));

interface Mutant {
  name: string;
  /** The point where it shows, if the matrix is worth anything. */
  shownAt: string;
  /** What is found of it: a machine that is merely slow finds something else. */
  sign: RegExp;
  port: string;
  /** The port's calls that go another way now; `same` is how they went before. */
  calls(same: (name: string) => Work): Part;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "skips a receipt",
    shownAt: "a command has its intent",
    sign: /tests#1 has a result: the command of tests has no receipt/,
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
  {
    name: "drops a reservation",
    shownAt: "a call of a model is told of",
    sign: /was charged, and 0 is booked/,
    port: "ledger",
    calls: () => ({ reserve: () => [] }),
  },
  {
    name: "sends a prompt again on resume",
    shownAt: "a prompt is entered, without a receipt",
    sign: /was taken 2 times/,
    port: "terminal",
    calls: (same) => ({
      taken: async (keys: unknown) => (again() ? [] : same("taken")(keys)),
      paste: (key: unknown, text: unknown) => same("paste")(again() ? `${String(key)}/again` : key, text),
      press: (key: unknown, ...keys: unknown[]) => same("press")(again() ? `${String(key)}/again` : key, ...keys),
    }),
  },
  {
    name: "forgets the mark of a session",
    shownAt: "a prompt has its receipt",
    sign: /the pane of \w+ is there/,
    port: "host",
    calls: (same) => ({ adopt: async (session: unknown) => (again() ? undefined : same("adopt")(session)) }),
  },
  {
    name: "accepts a stale artifact",
    shownAt: "a repair is asked for",
    sign: /takes an artifact that was refused/,
    port: "artifact",
    // What was refused is taken all the same, once the agent was told what is wrong with it.
    calls: (same) => ({
      look: async (expected: { refused: readonly string[] }) => {
        const sha256 = expected.refused.at(-1);
        const accepted = { sha256, bytes: 2, satisfied: true };
        return sha256 === undefined ? same("look")(expected) : { kind: "good", accepted };
      },
    }),
  },
];

/** The part as it is, or with broken as the mutant does that `DEVFLOW_MUTANT` names. */
export function broken<T extends object>(port: string, part: T): T {
  const mutant = MUTANTS.find(({ name }) => name === process.env.DEVFLOW_MUTANT);
  if (mutant?.port !== port) return part;
  const same =
    (name: string): Work =>
    (...args) =>
      Reflect.apply(Reflect.get(part, name) as Work, part, args);
  const calls = mutant.calls(same);
  return new Proxy(part, {
    get: (target, name) => (typeof name === "string" ? calls[name] : undefined) ?? Reflect.get(target, name),
  });
}
