/** A check of devflow doctor: one question about this machine, and what its answer means for the person. */
import { Failure, failureRecord } from "../../domain/failure.ts";
import { say, told } from "../../messages/say.ts";
import type { Ground } from "./ground.ts";

export type Level = "ok" | "warn" | "fail";

export interface Finding {
  level: Level;
  /** What was found. */
  said: string;
  /** What the person can do about it. */
  todo?: string;
  /** Does it for them, where that loses nothing, and resolves once it is done. */
  fix?: () => Promise<unknown>;
}

/** Several findings where there are several things of a kind, such as agents. */
export type Check = (ground: Ground) => Promise<Finding | readonly Finding[]>;

export interface Examined extends Omit<Finding, "fix"> {
  check: string;
  fixed?: true;
  fixable?: true;
}

/** For what should never take long: files are read on a machine that may be busy. What asks somebody else is `within` less. */
const LIMIT_MS = 10_000;

export interface ExamineOptions {
  fix: boolean;
  limitMs?: number;
}

/** In the order of the table, however long each takes. */
export async function examine(
  checks: Readonly<Record<string, Check>>,
  ground: Ground,
  { fix, limitMs = LIMIT_MS }: ExamineOptions,
): Promise<Examined[]> {
  const found = await Promise.all(
    Object.entries(checks).map(async ([check, look]) =>
      (await looked(look, ground, limitMs)).map((finding) => ({ check, ...finding })),
    ),
  );
  const examined: Examined[] = [];
  for (const { fix: put, ...finding } of found.flat()) {
    const fixed = fix && put && (await putRight(put));
    examined.push({
      ...finding,
      ...(put && !fixed && { fixable: true as const }),
      ...(fixed && { fixed: true as const }),
    });
  }
  return examined;
}

async function looked(look: Check, ground: Ground, limitMs: number): Promise<readonly Finding[]> {
  const late = new AbortController();
  const timer = new Promise<Finding>((resolve) => {
    const timeout = setTimeout(
      () => resolve({ level: "warn", said: say("doctor.late", { seconds: limitMs / 1_000 }) }),
      limitMs,
    );
    late.signal.addEventListener("abort", () => clearTimeout(timeout), { once: true });
  });
  try {
    const answer = await Promise.race([look(ground).catch(failed), timer]);
    return "level" in answer ? [answer] : answer;
  } finally {
    late.abort();
  }
}

/** What stood in the way, as a finding. */
export function failed(error: unknown): Finding {
  if (!(error instanceof Failure))
    return { level: "fail", said: error instanceof Error ? error.message : String(error) };
  const { message: said, hint: todo } = told(failureRecord(error));
  return { level: "fail", said, ...(todo !== "" && { todo }) };
}

/** A check that asks somebody who may not answer: all go side by side, and the whole should take less than three seconds. */
export const within =
  (limitMs: number, look: Check): Check =>
  (ground) =>
    looked(look, ground, limitMs);

const putRight = (put: () => Promise<unknown>): Promise<boolean> =>
  put().then(
    () => true,
    () => false,
  );
