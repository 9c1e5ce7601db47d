/**
 * What the socket needs of the engine: one method for each request that is about runs, sessions and money.
 *
 * Parameters have been validated and have their defaults. What a caller cannot go on from is thrown as a `Failure`.
 */
import type { MethodName, Params, Result } from "../protocol/methods.ts";

type Answers<M extends MethodName> = (params: Params<M>) => Promise<Result<M>>;

export interface EngineApi {
  /** The part of `daemon.status` that the process itself does not know. */
  status(): Promise<Pick<Result<"daemon.status">, "host" | "paused" | "runs" | "sessions" | "problems">>;
  pause(): Promise<void>;
  unpause(): Promise<void>;

  keysChanged: Answers<"keys.changed">;
  notifyTest: Answers<"notify.test">;
  backup: Answers<"daemon.backup">;
  preview: Answers<"run.preview">;
  start: Answers<"run.start">;
  list: Answers<"run.list">;
  show: Answers<"run.show">;
  events: Answers<"run.events">;
  report: Answers<"run.report">;
  approve: Answers<"run.approve">;
  reject: Answers<"run.reject">;
  resume: Answers<"run.resume">;
  cancel: Answers<"run.cancel">;
  diff: Answers<"run.diff">;
  delete: Answers<"run.delete">;

  talkSay: Answers<"talk.say">;
  talkTurn: Answers<"talk.turn">;
  talkUndo: Answers<"talk.undo">;
  talkChoose: Answers<"talk.choose">;
  talkEnd: Answers<"talk.end">;

  sessions: Answers<"session.list">;
  session: Answers<"session.show">;
  send: Answers<"session.send">;
  interrupt: Answers<"session.interrupt">;
  hold: Answers<"session.pause">;
  letGo: Answers<"session.resume">;
  restart: Answers<"session.restart">;
  kill: Answers<"session.kill">;
  recording: Answers<"session.record">;

  price: Answers<"price.show">;
  usedPrices: Answers<"price.used">;
  models: Answers<"model.list">;
  stats: Answers<"spending.stats">;
  costs: Answers<"spending.run">;
  usage: Answers<"usage.window">;
  resetUsage: Answers<"usage.reset">;

  budget: Answers<"budget.show">;
  setBudget: Answers<"budget.set">;

  auditLines: Answers<"audit.read">;
  auditVerify: Answers<"audit.verify">;

  escalations: Answers<"escalation.list">;
  escalation: Answers<"escalation.show">;
  answer: Answers<"escalation.answer">;
}
