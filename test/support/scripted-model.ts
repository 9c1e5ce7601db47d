/**
 * A model on loopback that does what devflow's prompts ask: it has the agent write the artifact through the agent's own file tool, then
 * says that it is done. It speaks what the CLIs speak (OpenAI Responses and chat, Anthropic, Gemini), and keeps what it received.
 *
 * Requests are told apart by their content, never by their order: agents send further ones of their own (titles, summaries).
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type ChatCompletionRequest, type ChatMessage, LLMock } from "@copilotkit/aimock";
import { modelWire } from "./model-wire.ts";

const MARK = "Write the artifact to: ";
/** What stands for a prompt that the agent's composer would not take as it is. */
const POINTER = /^Read this file whole, it is your task, and do exactly what it says: (.+) \.$/;
/** What the server reports of each of its answers. */
const USAGE = { prompt_tokens: 1_200, completion_tokens: 34, input_tokens: 1_200, output_tokens: 34 };

export interface Asked {
  /** The prompt as it came over the wire: the whole part of the message that it is in, or the file that the message points to. */
  prompt: string;
  phase: string;
  artifact: string;
  /** The how-manieth delivery of this phase it is, from 1. */
  nth: number;
  /** The prompts of devflow that came before it in the same conversation. */
  earlier: readonly string[];
}

/** What the agent is made to do for a phase: files by path, relative to the working directory or absolute, and the artifact. */
export interface Answer {
  artifact: unknown;
  files?: Record<string, string>;
}

export interface ScriptedModel {
  /** The base address, without `/v1`. */
  url: string;
  /** Every prompt of devflow that started a turn, in order. A request that an agent repeats unchanged counts once. */
  delivered: readonly Asked[];
  /** What it has reported with each of its answers for a phase, also with those that nobody was there to take any more. */
  reported(phase: string): { inputTokens: number; outputTokens: number }[];
  /** The names of the tools of the newest request that had any. */
  tools: readonly string[];
  close(): Promise<void>;
}

/** What is written for each phase, by its id, `*` for any; a promise is thought about for so long. */
type Script = Readonly<Record<string, Answer | ((asked: Asked) => Answer | Promise<Answer>)>>;

export async function scriptedModel(script: Script): Promise<ScriptedModel> {
  const delivered: Asked[] = [];
  const prompts = new Map<string, string>();
  const answered: string[] = [];
  const state = { lastStart: "", tools: [] as string[] };

  /** The devflow prompt in a user message. The server joins the parts of some messages: agents put notes of their own beside a prompt. */
  function promptOf({ content }: ChatMessage): string | undefined {
    const parts = typeof content === "string" ? [content] : (content ?? []).map((part) => part.text ?? "");
    // The newest of them, where a turn that was stopped is told again together with the next one.
    const known = [...prompts].filter(([told]) => parts.some((part) => part.includes(told)));
    return known.at(-1)?.[1];
  }

  async function respond(request: ChatCompletionRequest) {
    const tools = toolNames(request);
    const start = request.messages.findLastIndex(
      (message) => message.role === "user" && promptOf(message) !== undefined,
    );
    const message = request.messages[start];
    const prompt = message && promptOf(message);
    if (prompt === undefined || tools.length === 0) return { content: "A devflow run", usage: USAGE };
    state.tools = tools;
    const key = JSON.stringify(request.messages);
    if (start === request.messages.length - 1 && key !== state.lastStart) {
      state.lastStart = key;
      const phase = /^Phase: (.+)$/m.exec(prompt)?.[1] ?? "";
      const artifact = [...prompt.matchAll(/^Write the artifact to: (.+)$/gm)].at(-1)?.[1] ?? "";
      const nth = delivered.filter((one) => one.phase === phase).length + 1;
      const earlier = request.messages
        .slice(0, start)
        .flatMap((one) => (one.role === "user" ? (promptOf(one) ?? []) : []));
      delivered.push({ prompt, phase, artifact, nth, earlier });
    }
    const asked = delivered.findLast((one) => one.prompt === prompt);
    const entry = asked && (script[asked.phase] ?? script["*"]);
    if (!asked || entry === undefined) return { content: "The script has nothing for this phase.", usage: USAGE };
    const answer = typeof entry === "function" ? await entry(asked) : entry;
    answered.push(asked.phase);
    const writes: [string, string][] = Object.entries(answer.files ?? {});
    writes.push([asked.artifact, `${JSON.stringify(answer.artifact, null, 2)}\n`]);
    const done = request.messages.slice(start).filter((one) => one.role === "tool").length;
    const next = writes[done];
    if (!next) return { content: `The artifact of ${asked.phase} is written.`, usage: USAGE };
    return { content: "I write the file.", toolCalls: [writeCall(request, ...next)], usage: USAGE };
  }

  const server = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  server.addFixture({ match: { predicate: () => true }, response: respond });
  await server.start();
  const wire = await modelWire(server.url, ({ messages }) => {
    const told = messages.flatMap(({ role, texts }) => (role === "user" ? texts : []));
    for (const text of told) {
      const file = POINTER.exec(text)?.[1];
      if (!prompts.has(text) && (file !== undefined || text.includes(MARK)))
        prompts.set(text, file === undefined ? text : readFileSync(file, "utf8"));
    }
  });
  return {
    url: wire.url,
    delivered,
    reported: (phase) =>
      answered
        .filter((one) => one === phase)
        .map(() => ({ inputTokens: USAGE.input_tokens, outputTokens: USAGE.output_tokens })),
    get tools() {
      return state.tools;
    },
    close: async () => {
      await wire.close();
      await server.stop();
    },
  };
}

const toolNames = ({ tools = [] }: ChatCompletionRequest): string[] => tools.map((tool) => tool.function.name);

/** Every agent's own name for the tool that writes a whole file. */
const WRITERS = ["write", "write_file", "Write", "create"];

/** A call of the file tool that the request offers, its arguments named as the tool's own schema names them. */
function writeCall(request: ChatCompletionRequest, path: string, content: string): { name: string; arguments: string } {
  const names = toolNames(request);
  const tool = request.tools?.find(({ function: { name } }) => WRITERS.includes(name))?.function;
  if (tool) {
    const known = Object.keys(
      (tool.parameters as { properties?: Record<string, unknown> } | undefined)?.properties ?? {},
    );
    const pathName = known.find((name) => /path/i.test(name)) ?? "file_path"; // Gemini CLI tells its own in a way that the server does not show
    const textName = known.find((name) => /^(?:content|file_?text|text)$/i.test(name)) ?? "content";
    return { name: tool.name, arguments: JSON.stringify({ [pathName]: path, [textName]: content }) };
  }
  // Codex has no file tool of its own for other models: it takes this command as a file change, not as a command.
  const lines = content.replace(/\n$/, "").split("\n");
  const patch = `*** Begin Patch\n*** Add File: ${path}\n${lines.map((line) => `+${line}`).join("\n")}\n*** End Patch`;
  if (names.includes("exec_command")) {
    return { name: "exec_command", arguments: JSON.stringify({ cmd: `apply_patch <<'EOF'\n${patch}\nEOF` }) };
  }
  throw new Error(`no tool of this request writes files (to ${dirname(path)}): ${names.join(", ")}`);
}
