/** A whole devflow whose agents are models behind an API, which is a script on loopback. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventOf } from "../../src/domain/event.ts";
import { type Money, parseUsd } from "../../src/domain/money.ts";
import { digest } from "./fakes.ts";
import { begin, type LiveRun } from "./live-run.ts";
import { type Fault, type ModelRequest, type Move, type OpenRouter, openRouter, writes } from "./openrouter.ts";
import { type World, world } from "./world.ts";

export const KEY = "sk-or-v1-0123456789abcdef0123456789abcdef";

const ROOT = join(import.meta.dirname, "../..");
const example = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, "fixtures/artifacts", path), "utf8"));

/** A good artifact for each phase of `spec-and-review`. */
export const ARTIFACTS: Readonly<Record<string, unknown>> = {
  specify: example("spec@1/valid-korean.json"),
  review: example("review@1/valid-approve.json"),
  verify: example("verification@1/valid-pass.json"),
};

/** Each phase is done in two answers: the artifact is written, and the turn is complete. */
export const straight = (request: ModelRequest): Move => writes(ARTIFACTS[request.phase])(request);

const PERSONAS = {
  author: "openrouter-deepseek-spec",
  reviewer: "openrouter-gpt-reviewer",
  verifier: "openrouter-gemini-verifier",
};

export interface ModelWorldOptions {
  moves?: (request: ModelRequest) => Move;
  cost?: (request: ModelRequest) => number;
  fault?: Fault;
  config?: string;
  env?: Record<string, string>;
}

export interface ModelWorld extends World {
  server: OpenRouter;
  /** Starts `spec-and-review` with three model personas of three families. */
  specAndReview(bind?: Record<string, string>, ...more: string[]): Promise<LiveRun>;
}

export async function modelWorld({
  moves = straight,
  config = "",
  env = {},
  ...more
}: ModelWorldOptions = {}): Promise<ModelWorld> {
  const server = await openRouter({ moves, ...more });
  const w = world({
    env: { OPENROUTER_API_KEY: KEY, ...env },
    // The server's own list of prices says 0 for everything.
    config: `providers:\n  openrouter:\n    baseUrl: ${server.baseUrl}\nprices:\n  offline: true\n${config}`,
  });
  /** What stands in each conversation, as its newest request has it. A model's conversations are its newest sessions', in order. */
  async function prompts() {
    const sessions = await w.json<{ id: string; agent?: string }[]>("sessions", "list", "--all");
    const nth = new Map<string, number>();
    return sessions
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .flatMap(({ id, agent = "" }) => {
        const conversation = conversationsOf(server, agent).at(-1 - (nth.get(agent) ?? 0)) ?? [];
        nth.set(agent, (nth.get(agent) ?? 0) + 1);
        return conversation.map((text) => ({ event: "prompt", session: id, text, sha256: digest(text) }));
      });
  }

  const me = { ...w, prompts };
  return {
    ...me,
    server,
    specAndReview: (bind = {}, ...args) => {
      const bound = Object.entries({ ...PERSONAS, ...bind }).flatMap(([role, persona]) => [
        "--bind",
        `${role}=${persona}`,
      ]);
      return begin(me, "spec-and-review", "--goal", "인사하기 — greet", ...bound, ...args);
    },
    close: async () => {
      await w.close();
      await server.close();
    },
  };
}

/** What was said to a model, a list for each conversation: they are told apart by how they begin. */
function conversationsOf({ requests }: OpenRouter, model: string): string[][] {
  const found = new Map<string, string[]>();
  for (const { body } of requests) {
    if (body.model !== model) continue;
    const said = body.messages.flatMap(({ role, content }) => (role === "user" ? String(content) : []));
    found.set(said[0] ?? "", said);
  }
  return [...found.values()];
}

/** What the log says that the calls have cost; those that do not know it are left out. */
export const costOf = (calls: readonly EventOf<"model.called">[]): Money =>
  calls.reduce((sum, { usage }) => sum + (parseUsd(usage?.costUsd ?? "0") ?? 0n), 0n);
