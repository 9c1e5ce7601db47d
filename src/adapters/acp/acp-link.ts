/**
 * The protocol with one agent process: what devflow asks of it, and what it asks of devflow. Loaded only when a session needs it.
 *
 * Updates are handed on as they came: the library knows fewer of them than agents send.
 */
import { client, methods, PROTOCOL_VERSION, RequestError } from "@agentclientprotocol/sdk/unstable";
import type { AcpProblem } from "../../domain/acp-turn.ts";
import type { Refusal } from "../../domain/tool-refusal.ts";
import type { AcpProcess } from "./acp-process.ts";
import { agentStream } from "./acp-stream.ts";

/** How a permission request ends: an option, or none since the turn is over. */
export type Chosen = { option: string } | "cancelled";

/** What an agent asks of devflow; for other sessions than its own it gets nothing. */
export interface AgentAsks {
  update(session: string, update: unknown): void;
  /** `withdrawn` aborts when the agent does not want to know any more. */
  permission(session: string, request: PermissionRequest, withdrawn: AbortSignal): Promise<Chosen>;
  read(
    session: string,
    path: string,
    line: number | undefined,
    limit: number | undefined,
  ): { ok: true; text: string } | Refusal;
  write(session: string, path: string, content: string): { ok: true } | Refusal;
}

export interface PermissionRequest {
  toolCall: unknown;
  options: readonly { optionId: string; name: string; kind: string }[];
}

/** Answered with an error, or not at all since the agent has ended. */
export type Asked<T> = { ok: true; value: T } | { ok: false; problem: AcpProblem | "ended" };

export interface AcpLink {
  /** The version of the protocol that the agent speaks, and what it can do. */
  initialize(
    version: string,
    files: readonly ("read" | "write")[],
  ): Promise<Asked<{ version: number; loads: boolean }>>;
  login(method: string): Promise<Asked<unknown>>;
  create(cwd: string): Promise<Asked<string>>;
  /** What it tells of the conversation's past comes as updates before this resolves. */
  load(session: string, cwd: string): Promise<Asked<unknown>>;
  prompt(session: string, text: string): Promise<Asked<{ stopReason: string }>>;
  cancel(session: string): Promise<void>;
  /** Resolves when the agent has closed its output, or devflow the connection. */
  readonly closed: Promise<void>;
  close(): void;
}

export const OUR_VERSION = PROTOCOL_VERSION;

const METHOD_NOT_FOUND = -32601;

export function acpLink({ stdin, stdout }: Pick<AcpProcess, "stdin" | "stdout">, asks: AgentAsks): AcpLink {
  const stream = agentStream(stdin, stdout, (params) => {
    const { sessionId, update } = readUpdate(params);
    asks.update(sessionId, update);
  });
  const connection = client({ name: "devflow" })
    .onRequest(methods.client.session.requestPermission, async ({ params, signal }) => {
      const chosen = await asks.permission(params.sessionId, params, signal);
      return {
        outcome: chosen === "cancelled" ? { outcome: "cancelled" } : { outcome: "selected", optionId: chosen.option },
      };
    })
    .onRequest(methods.client.fs.readTextFile, ({ params: { sessionId, path, line, limit } }) => {
      const read = asks.read(sessionId, path, line ?? undefined, limit ?? undefined);
      if (!read.ok) throw refusedError(read, path);
      return { content: read.text };
    })
    .onRequest(methods.client.fs.writeTextFile, ({ params: { sessionId, path, content } }) => {
      const written = asks.write(sessionId, path, content);
      if (!written.ok) throw refusedError(written, path);
      return {};
    })
    // Terminals are not offered, and what else an agent may come up with is not known here.
    .onRequest("*", ({ method }) => {
      throw new RequestError(METHOD_NOT_FOUND, `devflow does not offer ${method}`);
    })
    .connect(stream);
  const { agent } = connection;

  async function ask<T>(asked: Promise<T>): Promise<Asked<T>> {
    try {
      return { ok: true, value: await asked };
    } catch (error) {
      if (connection.signal.aborted) return { ok: false, problem: "ended" };
      return { ok: false, problem: problemOf(error) };
    }
  }
  async function pick<T, V>(asked: Promise<T>, value: (answer: T) => V): Promise<Asked<V>> {
    const answer = await ask(asked);
    return answer.ok ? { ok: true, value: value(answer.value) } : answer;
  }

  return {
    initialize: (version, files) =>
      pick(
        agent.request(methods.agent.initialize, {
          protocolVersion: PROTOCOL_VERSION,
          clientInfo: { name: "devflow", version },
          clientCapabilities: {
            fs: { readTextFile: files.includes("read"), writeTextFile: files.includes("write") },
            terminal: false,
          },
        }),
        ({ protocolVersion, agentCapabilities }) => ({
          version: protocolVersion,
          loads: agentCapabilities?.loadSession === true,
        }),
      ),
    login: (methodId) => ask(agent.request(methods.agent.authenticate, { methodId })),
    create: (cwd) =>
      pick(agent.request(methods.agent.session.new, { cwd, mcpServers: [] }), ({ sessionId }) => sessionId),
    load: (sessionId, cwd) => ask(agent.request(methods.agent.session.load, { sessionId, cwd, mcpServers: [] })),
    prompt: (sessionId, text) =>
      ask(agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: "text", text }] })),
    cancel: (sessionId) => agent.notify(methods.agent.session.cancel, { sessionId }).catch(() => {}),
    closed: connection.closed,
    close: () => connection.close(),
  };
}

/** Never throws: what is no update is one that says nothing. */
function readUpdate(params: unknown): { sessionId: string; update: unknown } {
  const { sessionId, update } = (typeof params === "object" && params !== null ? params : {}) as Record<
    string,
    unknown
  >;
  return { sessionId: typeof sessionId === "string" ? sessionId : "", update };
}

function problemOf(error: unknown): AcpProblem {
  if (error instanceof RequestError) {
    const { code, message, data } = error;
    return { code, message: [message, detailOf(data)].filter((text) => text !== "").join(": ") };
  }
  return { code: 0, message: error instanceof Error ? error.message : String(error) };
}

/** Agents put what has really happened beside a message such as "Internal error". */
function detailOf(data: unknown): string {
  if (data === undefined || data === null) return "";
  return typeof data === "string" ? data : JSON.stringify(data);
}

function refusedError({ code, reason }: Refusal, path: string): RequestError {
  return code === "path.not_found"
    ? RequestError.resourceNotFound(path)
    : RequestError.invalidParams(undefined, reason);
}
