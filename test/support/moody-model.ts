/**
 * A model on loopback in the mood that a test puts it into: it answers, has a command run or a file read, refuses, or says nothing. It keeps what
 * began each turn, as it arrived on the wire.
 */
import { type ChatCompletionRequest, LLMock } from "@copilotkit/aimock";
import { modelWire, type WireRequest, withoutTime } from "./model-wire.ts";

const USAGE = { prompt_tokens: 1_200, completion_tokens: 34, input_tokens: 1_200, output_tokens: 34 };
/** What a limit says of its end, in seconds from now. */
const LIMIT_S = 30;

type Mood = "answers" | "runs a command" | "reads a file" | "is silent" | "refuses the key" | "is at its limit";

export interface MoodyModel {
  /** The base address, without `/v1`. */
  url: string;
  /** The texts of the user message that began each turn, one by one, without the notes that agents put beside a prompt. */
  turns: string[][];
  /** How often it was asked to do something. */
  asked: number;
  /** What the agent's tools gave back, as the model was told. */
  results: string[];
  become(mood: Mood): void;
  /** Has the agent read this file by its own tool, at each turn's beginning. */
  reads(file: string): void;
  close(): Promise<void>;
}

export async function moodyModel(): Promise<MoodyModel> {
  const turns: string[][] = [];
  const begun = new Set<string>();
  let mood: Mood = "answers";
  let changed: () => void = () => {};
  let change = new Promise<void>((resolve) => {
    changed = resolve;
  });
  let asked = 0;
  const results: string[] = [];
  let wanted = "";

  /** A turn begins with a user message that has more in it than an agent's notes; one that is sent again begins none. */
  function hear({ messages, tools }: WireRequest): void {
    const users = messages.filter(({ role }) => role === "user").map(({ texts }) => told(texts));
    // Some put a note to the model behind it, as a message of its own.
    const newest = messages.findLast(({ role }) => !["system", "developer"].includes(role));
    const now = newest?.role === "user" ? told(newest.texts) : [];
    const key = JSON.stringify(users);
    if (!tools || now.length === 0 || begun.has(key)) return;
    begun.add(key);
    // A turn that was stopped before any answer is told again together with the next one.
    const last = turns.at(-1) ?? [];
    const again = now.length > last.length && last.every((text, n) => text === now[n]);
    turns.push(again ? now.slice(last.length) : now);
  }

  async function respond(request: ChatCompletionRequest) {
    const tools = (request.tools ?? []).map((tool) => tool.function.name);
    // Titles, summaries and the like are asked for without tools.
    if (tools.length === 0) return { content: "A title", usage: USAGE };
    asked += 1;
    const newest = request.messages.at(-1);
    if (newest?.role === "tool") results.push(JSON.stringify(newest.content));
    while (mood === "is silent") await change;
    if (mood === "refuses the key") return refusal(401, "Incorrect API key provided", "authentication_error");
    if (mood === "is at its limit")
      return refusal(429, `Rate limit reached for this model. Please try again in ${LIMIT_S}s.`, "rate_limit_error");
    if (mood === "runs a command" && newest?.role === "user") {
      return { content: "I run it.", toolCalls: [commandCall(tools)], usage: USAGE };
    }
    if (mood === "reads a file" && newest?.role === "user") {
      const call = { name: "read_file", arguments: JSON.stringify({ file_path: wanted }) };
      return { content: "I read it.", toolCalls: [call], usage: USAGE };
    }
    return { content: "That is all.", usage: USAGE };
  }

  const server = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  server.addFixture({ match: { predicate: () => true }, response: respond });
  await server.start();
  const wire = await modelWire(server.url, hear);
  const become = (next: Mood): void => {
    mood = next;
    changed();
    change = new Promise((resolve) => {
      changed = resolve;
    });
  };
  return {
    url: wire.url,
    turns,
    results,
    get asked() {
      return asked;
    },
    reads: (file: string) => {
      wanted = file;
      become("reads a file");
    },
    become,
    close: async () => {
      become("answers");
      await wire.close();
      await server.stop();
    },
  };
}

/** What agents tell the model beside what they were told: whole parts of a message, never a piece of one. */
const NOTES = [
  /^\s*<(system-reminder|session_context|current_datetime)>[\s\S]*<\/\1>\s*$/,
  /^\[Request interrupted by user(?: for tool use)?\]\n?$/,
  // What Qwen Code asks of the model for itself when a turn is over.
  /^Managed memory directory: /,
];

const told = (texts: readonly string[]): string[] =>
  texts.filter((text) => !NOTES.some((note) => note.test(text))).map(withoutTime);

const refusal = (status: number, message: string, type: string) => ({
  error: { message, type, code: status === 401 ? "invalid_api_key" : "rate_limit_exceeded" },
  status,
  ...(status === 429 && { retryAfter: LIMIT_S }),
});

/** A call of the tool that runs commands, for a command that no agent takes for harmless: it asks another machine. */
function commandCall(tools: readonly string[]): { name: string; arguments: string } {
  const command = "curl --silent http://127.0.0.1:9/";
  const name = ["exec_command", "Bash", "bash", "run_shell_command"].find((one) => tools.includes(one));
  if (name === undefined) throw new Error(`no tool of this request runs commands: ${tools.join(", ")}`);
  const given = { command, description: "run it", is_background: false };
  const known: Record<string, unknown> = {
    exec_command: { cmd: command, sandbox_permissions: "require_escalated", justification: "May I?" },
    Bash: { command, description: "run it" },
    bash: { command, description: "run it" },
    run_shell_command: given,
  };
  return { name, arguments: JSON.stringify(known[name]) };
}
