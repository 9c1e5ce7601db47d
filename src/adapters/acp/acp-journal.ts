/**
 * What is known of one session over ACP, in its folder: its conversation's id, its prompts and what has become of them, and the news
 * that it has told, each with its number. One JSON line a fact, so that a daemon that dies leaves whole facts.
 *
 * J1. A prompt stands here, on the disk, before it is sent: what does not stand here was never sent.
 * J2. News are told again after a restart with the numbers that they had.
 * J3. Whatever else cannot be written, on a full disk, is only not known after a restart: it is looked for then.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { jsonOf } from "../../domain/json-text.ts";
import type { AgentNews } from "../../ports/agent.ts";

/** More of them is a flood: what comes then is not told any more, and fills no disk. */
const MOST_NEWS = 20_000;

const FILE = "journal.jsonl";

type Told = Exclude<AgentNews, { kind: "verdict" }>;

const Fact = z.discriminatedUnion("t", [
  z.object({ t: z.literal("conversation"), id: z.string() }),
  z.object({ t: z.literal("prompt"), key: z.string(), at: z.number(), sha256: z.string() }),
  z.object({ t: z.literal("taken"), key: z.string(), said: z.string() }),
  z.object({
    t: z.literal("over"),
    key: z.string(),
    at: z.number(),
    state: z.enum(["ready", "login_required", "rate_limited"]),
    said: z.string(),
    until: z.number().exactOptional(),
    /** Answered with an error before it was begun: the prompt may be sent again. */
    untaken: z.boolean().exactOptional(),
  }),
  /** Totals of the conversation at the end of a turn. */
  z.object({ t: z.literal("totals"), input: z.number(), output: z.number(), costUsd: z.string().exactOptional() }),
  z.object({ t: z.literal("news"), news: z.custom<Told>((value) => typeof value === "object" && value !== null) }),
]);
type Fact = z.infer<typeof Fact>;
type FactOf<T extends Fact["t"]> = Extract<Fact, { t: T }>;

export interface KnownPrompt {
  sent: FactOf<"prompt">;
  taken?: string;
  over?: FactOf<"over">;
}

export interface AcpJournal {
  readonly conversation: string | undefined;
  readonly totals: FactOf<"totals"> | undefined;
  readonly news: readonly Told[];
  prompt(key: string): KnownPrompt | undefined;
  /** The prompts in the order in which they were last sent. */
  prompts(): readonly KnownPrompt[];
  write(fact: Exclude<Fact, FactOf<"news">>): void;
  /** Numbers it and keeps it; undefined when there are too many. */
  tell(kind: "usage", value: Extract<Told, { kind: "usage" }>["usage"]): Told | undefined;
  tell(kind: "did", value: Extract<Told, { kind: "did" }>["did"]): Told | undefined;
  close(): void;
}

/** The conversation that a session has had. */
export interface Conversation {
  id: string;
  /** What it had come to when its last turn was over. */
  totals: FactOf<"totals"> | undefined;
}

/** That of a session whose journal nobody writes any more; undefined where it came to none. */
export function conversationIn(folder: string): Conversation | undefined {
  const facts = factsIn(readText(join(folder, FILE)));
  const found = facts.findLast((fact) => fact.t === "conversation");
  return found && { id: found.id, totals: facts.findLast((fact) => fact.t === "totals") };
}

export function acpJournal(folder: string): AcpJournal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, FILE);
  const prompts = new Map<string, KnownPrompt>();
  const news: Told[] = [];
  let conversation: string | undefined;
  let totals: FactOf<"totals"> | undefined;
  let closed = false;
  const numbers = { usage: 0, did: 0 };

  function take(fact: Fact): void {
    const known = "key" in fact ? prompts.get(fact.key) : undefined;
    switch (fact.t) {
      case "conversation":
        conversation = fact.id;
        break;
      case "prompt":
        prompts.delete(fact.key); // it is the newest again
        prompts.set(fact.key, { sent: fact });
        break;
      case "taken":
        if (known) known.taken = fact.said;
        break;
      case "over":
        if (known) known.over = fact;
        break;
      case "totals":
        totals = fact;
        break;
      case "news":
        numbers[fact.news.kind] = Math.max(numbers[fact.news.kind], fact.news.nth);
        news.push(fact.news);
        break;
    }
  }

  const before = readText(path);
  for (const fact of factsIn(before)) take(fact);
  const file = openSync(path, "a", 0o600);
  // A daemon that died in the middle of a line: the next one begins anew.
  if (before !== "" && !before.endsWith("\n")) writeSync(file, "\n");

  function write(fact: Fact): void {
    try {
      if (!closed) writeSync(file, `${JSON.stringify(fact)}\n`);
      if (fact.t === "prompt") fsyncSync(file); // J1
    } catch (error) {
      if (fact.t === "prompt") throw error; // J3
    }
    take(fact);
  }

  return {
    get conversation() {
      return conversation;
    },
    get totals() {
      return totals;
    },
    news,
    prompt: (key) => prompts.get(key),
    prompts: () => [...prompts.values()],
    write,
    tell: (kind: Told["kind"], value: unknown) => {
      if (news.length >= MOST_NEWS) return undefined;
      const told = { kind, [kind]: value, nth: numbers[kind] + 1 } as unknown as Told;
      write({ t: "news", news: told });
      return told;
    },
    close: () => {
      if (!closed) closeSync(file);
      closed = true;
    },
  };
}

const factsIn = (text: string): Fact[] => text.split("\n").flatMap((line) => Fact.safeParse(jsonOf(line)).data ?? []);

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
