/** From a method's name and raw parameters to its handler's result: everything is checked against the method table. */
import type { z } from "zod";
import { Failure } from "../domain/failure.ts";
import { issueInWords } from "../domain/shape-words.ts";
import { METHODS, type MethodName, type Params, type Result } from "../protocol/methods.ts";
import type { Connection, Dispatch } from "./connection.ts";

export type Handlers = {
  [M in MethodName]: (params: Params<M>, connection: Connection) => Promise<Result<M>>;
};

/** What a stopping daemon still answers: whoever waits for it can watch it go. */
const WHILE_STOPPING: ReadonlySet<MethodName> = new Set<MethodName>([
  "daemon.ping",
  "daemon.status",
  "daemon.methods",
  "daemon.shutdown",
  "run.list",
  "run.show",
  "run.events",
  "run.report",
  "run.diff",
  "session.list",
  "session.show",
  "session.record",
  "budget.show",
  "escalation.list",
  "escalation.show",
  "events.subscribe",
  "events.unsubscribe",
]);

/** Problems that are named in one answer: the first few tell what is wrong, all of them could be a megabyte. */
const NAMED_PROBLEMS = 3;

export function dispatcher(handlers: Handlers, stopping: () => boolean): Dispatch {
  return async (method, params, connection) => {
    if (!isMethod(method)) throw new Failure("protocol.unknown_method", { method: method.slice(0, 80) });
    if (stopping() && !WHILE_STOPPING.has(method)) throw new Failure("daemon.stopping");
    return await handled(handlers, method, params, connection);
  };
}

async function handled<M extends MethodName>(
  handlers: Handlers,
  method: M,
  raw: unknown,
  connection: Connection,
): Promise<Result<M>> {
  const parsed = METHODS[method].params.safeParse(raw);
  if (!parsed.success) throw new Failure("protocol.invalid_params", { method, problem: problemOf(parsed.error) });
  return handlers[method](parsed.data as Params<M>, connection);
}

const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name);

function problemOf({ issues }: z.ZodError): string {
  const named = issues
    .slice(0, NAMED_PROBLEMS)
    .map((issue) => [...(issue.path.length === 0 ? [] : [issue.path.join(".")]), issueInWords(issue)].join(": "))
    .map((problem) => problem.slice(0, 300));
  if (issues.length > NAMED_PROBLEMS) named.push(`and ${issues.length - NAMED_PROBLEMS} more`);
  return named.join("; ");
}
