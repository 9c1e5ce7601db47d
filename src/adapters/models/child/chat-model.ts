/**
 * The model as LangChain speaks to it. It makes the request and reads the answer; everything in between is our own `fetch`.
 * Never streaming: LangChain would complete arguments that were cut off, and ask a third party to count tokens. Where a person
 * reads along, our `fetch` takes the answer piece by piece, and hands it on whole.
 */
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOpenAICompletions } from "@langchain/openai";
import type { Start } from "../session-protocol.ts";
import type { Message } from "./conversation.ts";
import type { CallOptions, ModelCalls, Said } from "./model-calls.ts";
import { BYTES_A_TOKEN } from "./tally.ts";

/** A tool as the model is told of it. */
export interface ToolSpec {
  name: string;
  description: string;
  /** JSON Schema. */
  schema: Record<string, unknown>;
}

export interface Request {
  system: string;
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  maxOutputTokens: number;
}

export interface Spoken {
  text: string;
  uses: { id: string; tool: string; args: Record<string, unknown> }[];
  /** The tools of calls that cannot be read. */
  unreadable: string[];
  finish: string;
  inputTokens: number | undefined;
  requestBytes: number;
}

export interface ChatModel {
  /** Throws `Failure`, or the signal's reason. */
  speak(request: Request, about: Pick<CallOptions, "agent" | "phase" | "signal" | "say">): Promise<Spoken>;
}

/** The library's own patience is not used; its timer must not end what ours lets live. */
const NEVER_MS = 2 ** 31 - 1;

/** Others keep the beginning of a request by themselves; Anthropic's models, as OpenRouter names them, only when asked to. */
const ASKS_FOR_CACHING = /^anthropic\//;

/** What the library asked our fetch for, and what came of it. */
interface Exchange {
  about?: Omit<CallOptions, "url" | "body">;
  said?: Said;
  failed?: { error: unknown };
}

/** One agent's: it speaks once at a time. */
export function chatModel(start: Start, calls: ModelCalls): ChatModel {
  let exchange: Exchange = {};

  const model = new ChatOpenAICompletions({
    model: start.model,
    // The real one is known to our fetch alone.
    apiKey: "in-our-fetch",
    maxRetries: 0,
    timeout: NEVER_MS,
    ...(ASKS_FOR_CACHING.test(start.model) && { modelKwargs: { cache_control: { type: "ephemeral" } } }),
    configuration: {
      baseURL: start.baseUrl,
      async fetch(url, init) {
        if (exchange.about === undefined) throw new Error("a call that nobody asked for");
        try {
          exchange.said = await calls.call({ ...exchange.about, url: String(url), body: String(init?.body) });
          return new Response(exchange.said.text, { headers: { "content-type": "application/json" } });
        } catch (error) {
          exchange.failed = { error };
          throw error;
        }
      },
    },
  });
  model.getNumTokens = async (content) => Math.ceil(String(content).length / BYTES_A_TOKEN);

  return {
    async speak({ system, messages, tools, maxOutputTokens }, { agent, phase, signal, say }) {
      exchange = { about: { agent, phase, signal, say, maxOutputTokens } };
      model.maxTokens = maxOutputTokens;
      let answer: AIMessage;
      try {
        answer = await model.invoke([new SystemMessage(system), ...messages.map(spokenAs)], {
          tools: tools.map(({ name, description, schema }) => ({
            type: "function" as const,
            function: { name, description, parameters: schema },
          })),
        });
      } catch (error) {
        // The library wraps what our fetch throws.
        throw exchange.failed ? exchange.failed.error : error;
      }
      if (!exchange.said) throw new Error("an answer without a call");
      const { finish, unreadable, told, requestBytes } = exchange.said;
      const uses = (answer.tool_calls ?? []).map(({ id = "", name, args }) => ({ id, tool: name, args }));
      return { text: answer.text, uses, unreadable, finish, inputTokens: told.usage?.inputTokens, requestBytes };
    },
  };
}

function spokenAs(message: Message): BaseMessage {
  if (message.role === "user") return new HumanMessage(message.text);
  if (message.role === "tool") {
    return new ToolMessage({ content: message.text, tool_call_id: message.id, name: message.tool });
  }
  const calls = message.uses.map(({ id, tool, args }) => ({ type: "tool_call" as const, id, name: tool, args }));
  return new AIMessage({ content: message.text, tool_calls: calls });
}
