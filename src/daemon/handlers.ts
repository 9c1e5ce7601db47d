/** What each request does: most go straight to the engine; the rest is about the daemon itself and who follows it. */
import { z } from "zod";
import { METHODS, type MethodName, type Result } from "../protocol/methods.ts";
import type { Handlers } from "./dispatch.ts";
import type { EngineApi } from "./engine-api.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** What the process knows of itself. */
interface DaemonFacts {
  version: string;
  startedAt: number;
  socket: string;
  home: string;
}

export interface HandlerParts {
  engine: EngineApi;
  subscriptions: Subscriptions;
  facts: DaemonFacts;
  /** Begins the shutdown; the answer to whoever asked for it is still sent. */
  shutdown: () => void;
}

const DONE = { ok: true } as const;
const BYTES_PER_KB = 1024;
const BYTES_PER_MB = 1024 * 1024;

export function handlers({ engine, subscriptions, facts, shutdown }: HandlerParts): Handlers {
  return {
    "daemon.ping": async () => ({ pid: process.pid, version: facts.version }),
    "daemon.status": async () => ({
      pid: process.pid,
      ...facts,
      ...(await engine.status()),
      memoryMb: Math.round((residentBytes() / BYTES_PER_MB) * 10) / 10,
    }),
    "daemon.methods": async ({ method }) => described(method),
    "daemon.pause": async () => {
      await engine.pause();
      return DONE;
    },
    "daemon.resume": async () => {
      await engine.unpause();
      return DONE;
    },
    "daemon.shutdown": async (_, connection) => {
      connection.afterAnswer(shutdown);
      return DONE;
    },

    "keys.changed": (params) => engine.keysChanged(params),
    "notify.test": (params) => engine.notifyTest(params),
    "daemon.backup": (params) => engine.backup(params),

    "run.preview": (params) => engine.preview(params),
    "run.start": (params) => engine.start(params),
    "run.list": (params) => engine.list(params),
    "run.show": (params) => engine.show(params),
    "run.events": (params) => engine.events(params),
    "run.report": (params) => engine.report(params),
    "run.approve": (params) => engine.approve(params),
    "run.reject": (params) => engine.reject(params),
    "run.resume": (params) => engine.resume(params),
    "run.cancel": (params) => engine.cancel(params),
    "run.diff": (params) => engine.diff(params),
    "run.delete": (params) => engine.delete(params),

    "talk.say": (params) => engine.talkSay(params),
    "talk.turn": (params) => engine.talkTurn(params),
    "talk.undo": (params) => engine.talkUndo(params),
    "talk.choose": (params) => engine.talkChoose(params),
    "talk.end": (params) => engine.talkEnd(params),

    "session.list": (params) => engine.sessions(params),
    "session.show": (params) => engine.session(params),
    "session.send": (params) => engine.send(params),
    "session.interrupt": (params) => engine.interrupt(params),
    "session.pause": (params) => engine.hold(params),
    "session.resume": (params) => engine.letGo(params),
    "session.restart": (params) => engine.restart(params),
    "session.kill": (params) => engine.kill(params),
    "session.record": (params) => engine.recording(params),

    "price.show": (params) => engine.price(params),
    "price.used": (params) => engine.usedPrices(params),
    "model.list": (params) => engine.models(params),
    "spending.stats": (params) => engine.stats(params),
    "spending.run": (params) => engine.costs(params),
    "usage.window": (params) => engine.usage(params),
    "usage.reset": (params) => engine.resetUsage(params),

    "budget.show": (params) => engine.budget(params),
    "budget.set": (params) => engine.setBudget(params),

    "audit.read": (params) => engine.auditLines(params),
    "audit.verify": (params) => engine.auditVerify(params),

    "escalation.list": (params) => engine.escalations(params),
    "escalation.show": (params) => engine.escalation(params),
    "escalation.answer": (params) => engine.answer(params),

    "events.subscribe": async (params, connection) => subscriptions.open(connection, params),
    "events.unsubscribe": async ({ subscription }, connection) => {
      subscriptions.close(connection, subscription);
      return DONE;
    },
  };
}

/** The system tells it in a file: without one that can be opened, the most that it has been has to do. */
function residentBytes(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return process.resourceUsage().maxRSS * BYTES_PER_KB;
  }
}

/** The method table as data, for people and for programs in other languages. */
function described(only: string | undefined): Result<"daemon.methods"> {
  const schema = (of: z.ZodType, io: "input" | "output") => z.toJSONSchema(of, { io, unrepresentable: "any" });
  return (Object.keys(METHODS) as MethodName[])
    .filter((method) => only === undefined || method === only)
    .map((method) => {
      const { summary, params, result } = METHODS[method];
      return { method, summary, params: schema(params, "input"), result: schema(result, "output") };
    });
}
