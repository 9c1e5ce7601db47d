/** Which agent's profile a command means: by its name, by a file, or by the path of a recording. */
import { sep } from "node:path";
import { Failure, type FailureRecord, failureRecord } from "../domain/failure.ts";
import { didYouMean } from "../domain/nearest.ts";
import { say } from "../messages/say.ts";
import type { AgentShelf, ProfileFile } from "./compose/offers.ts";

/** Throws what is wrong with its file when that cannot be used, or that there is none. */
export async function chosenAgent(shelf: AgentShelf, name: string): Promise<ProfileFile> {
  const { good, broken } = await shelf.list();
  const wrong = broken.find((one) => one.name === name);
  if (wrong) throw wrong.error;
  const found = good.find(({ value }) => value.name === name);
  if (found) return found;
  const names = good.map(({ value }) => value.name);
  throw new Failure("definition.not_found", { kind: "agent", name, suggestion: didYouMean(name, names) });
}

/** The agent whose name stands in the path, the nearest to its end: recordings are kept in a folder for each agent. */
export async function agentInPath(shelf: AgentShelf, path: string): Promise<string> {
  const { good } = await shelf.list();
  const names = good.map(({ value }) => value.name).sort((a, b) => b.length - a.length);
  for (const part of path.split(sep).reverse()) {
    const found = names.find((name) => part.toLowerCase().startsWith(name));
    if (found) return found;
  }
  throw new Failure("usage.invalid", { problem: say("typed.whose_terminal", { names: names.sort().join("|") }) });
}

export const failureOf = (error: Error): FailureRecord =>
  failureRecord(
    error instanceof Failure ? error : new Failure("internal", { problem: error.message }, { cause: error }),
  );
