/**
 * A model on loopback in the mood that a test puts it into: it answers, has a command run, refuses, or says nothing. It keeps what
 * began each turn, as it arrived.
 */
import { type ChatCompletionRequest, type ChatMessage, LLMock } from "@copilotkit/aimock";

const USAGE = { prompt_tokens: 1_200, completion_tokens: 34, input_tokens: 1_200, output_tokens: 34 };
/** What a limit says of its end, in seconds from now. */
const LIMIT_S = 30;

type Mood = "answers" | "runs a command" | "is silent" | "refuses the key" | "is at its limit";

export interface MoodyModel {
  /** The base address, without `/v1`. */
  url: string;
  /** The texts of the user message that began each turn: an agent's own notes stand beside the prompt. */
  turns: string[][];
  /** How often it was asked anything. */
  asked: number;
  become(mood: Mood): void;
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

  async function respond(request: ChatCompletionRequest) {
    asked += 1;
    const tools = (request.tools ?? []).map((tool) => tool.function.name);
    // Titles, summaries and the like are asked for without tools.
    if (tools.length === 0) return { content: "A title", usage: USAGE };
    const users = request.messages.filter(({ role }) => role === "user").map(textsOf);
    const key = JSON.stringify(users);
    const newest = request.messages.at(-1);
    const own = newest !== undefined && textsOf(newest).some((text) => OWN.test(text));
    if (newest?.role === "user" && !own && !begun.has(key)) {
      begun.add(key);
      turns.push(textsOf(newest));
    }
    while (mood === "is silent") await change;
    if (mood === "refuses the key") return refusal(401, "Incorrect API key provided", "authentication_error");
    if (mood === "is at its limit")
      return refusal(429, `Rate limit reached for this model. Please try again in ${LIMIT_S}s.`, "rate_limit_error");
    if (mood === "runs a command" && newest?.role === "user") {
      return { content: "I run it.", toolCalls: [commandCall(tools)], usage: USAGE };
    }
    return { content: "That is all.", usage: USAGE };
  }

  const server = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  server.addFixture({ match: { predicate: () => true }, response: respond });
  await server.start();
  const become = (next: Mood): void => {
    mood = next;
    changed();
    change = new Promise((resolve) => {
      changed = resolve;
    });
  };
  return {
    url: server.url,
    turns,
    get asked() {
      return asked;
    },
    become,
    close: async () => {
      become("answers");
      await server.stop();
    },
  };
}

/** Notes that agents put before a prompt, in parts of their own or in the same one. */
const NOTES = /^(?:<(system-reminder|session_context|current_datetime)>[\s\S]*?<\/\1>\n*)+/;

/** What Qwen Code asks of the model for itself when a turn is over. */
const OWN = /^Managed memory directory: /;

const textsOf = ({ content }: ChatMessage): string[] =>
  (typeof content === "string" ? [content] : (content ?? []).map((part) => part.text ?? "")).map((text) =>
    text.replace(NOTES, ""),
  );

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
