/** Metering by an agent's own server: found by the prompt, with what helpers used, told again under the same numbers, and no harm where it fails. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newServer } from "../../../src/adapters/agents/agent-server.ts";
import { type TranscriptMeter, transcriptMeter } from "../../../src/adapters/agents/transcript-meter.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import { markOf } from "../../../src/domain/prompt.ts";
import type { AgentSpec, Prompt } from "../../../src/ports/agent.ts";
import { profile } from "../../support/profiles.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const BEGUN = Date.parse("2026-11-21T12:00:00Z");
const RUN = "01RUN";
const MARK = markOf({ phase: "review", attempt: 1, run: RUN });
const session = SessionId.parse(ulid(BEGUN));
const prompt: Prompt = {
  key: "k",
  text: "",
  file: "/run/prompts/review-1-1.md",
  task: { phase: "review", attempt: 1 },
};

interface Conversation {
  id: string;
  parentID?: string;
  time: { updated: number };
  messages: unknown[];
}

let folder: TemporaryFolder;
let conversations: Conversation[];
let asked: string[];
let told: [nth: number, input: number, cost: string | undefined][];
let answers: (request: IncomingMessage, response: ServerResponse) => void;
let close: () => void;

beforeEach(async () => {
  folder = temporaryFolder();
  [conversations, asked, told] = [[], [], []];
  answers = (request, response) => {
    asked.push(request.url ?? "");
    const id = /^\/session\/(.+)\/message$/.exec(request.url ?? "")?.[1];
    const found = conversations.find((one) => one.id === id)?.messages;
    response.end(JSON.stringify(id === undefined ? conversations.map(({ messages, ...one }) => one) : found));
  };
  const { port, password } = await newServer(folder.path);
  const authorization = `Basic ${Buffer.from(`opencode:${password}`).toString("base64")}`;
  const server = createServer((request, response) => {
    if (request.headers.authorization !== authorization) response.statusCode = 401;
    answers(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(() => {
  close();
  folder.remove();
});

function meter(more: Partial<AgentSpec> = {}): TranscriptMeter {
  const made = transcriptMeter(
    {
      spec: { session, run: RUN, ...more },
      profile: profile("opencode"),
      env: { HOME: join(folder.path, "home") },
      folder: folder.path,
    },
    ({ nth, usage }) => told.push([nth, usage.inputTokens, usage.costUsd]),
  );
  if (!made) throw new Error("opencode is metered");
  made.prompted(prompt);
  return made;
}

let messages = 0;
const said = (text: string) => ({ info: { role: "user", time: { created: BEGUN } }, parts: [{ type: "text", text }] });
const answer = (input: number, completed: number | undefined, cost = 0) => ({
  info: {
    id: `msg_${++messages}`,
    role: "assistant",
    time: { created: BEGUN, ...(completed !== undefined && { completed: BEGUN + completed }) },
    cost,
    tokens: { input, output: 1, reasoning: 0, cache: { read: 0, write: 0 } },
  },
  parts: [],
});
const conversation = (id: string, messages: unknown[], more: Partial<Conversation> = {}): Conversation => {
  const made = { id, time: { updated: BEGUN + 1 }, messages, ...more };
  conversations.unshift(made);
  return made;
};

test("what it has used is told as answers come to their ends, and again under the same numbers to the next daemon", async () => {
  const it = meter();
  await it.read();
  const own = conversation("ses_own", [said(`Do it.\n${MARK}`), answer(100, 10, 0.5), answer(0, undefined)]);
  conversation("ses_other", [said("Something else"), answer(7_000, 20)]);
  conversation("ses_old", [said(MARK), answer(9_000, -20)], { time: { updated: BEGUN - 1 } });
  await it.read();
  expect(told).toEqual([[1, 100, "0.5"]]);
  expect(asked).not.toContain("/session/ses_old/message");
  own.messages.splice(2, 1, answer(200, 30));
  await Promise.all([it.read(), it.read()]);
  expect(told).toEqual([
    [1, 100, "0.5"],
    [2, 200, undefined],
  ]);
  told = [];
  asked = [];
  await meter().read();
  expect(told.map(([nth, input]) => [nth, input])).toEqual([
    [1, 100],
    [2, 200],
  ]);
  expect(asked).not.toContain("/session/ses_other/message");
});

test("what a helper has used counts too, in the order of the answers' ends, and it is not taken for the session's own", async () => {
  const it = meter();
  const own = conversation("ses_own", [said(MARK), answer(1, 10)]);
  conversation("ses_help", [said(`They told me: ${MARK}`), answer(2, 20)], {
    parentID: own.id,
    time: { updated: BEGUN + 9 },
  });
  await it.read();
  own.messages.push(answer(3, 30));
  await it.read();
  expect(told.map(([nth, input]) => [nth, input])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test("a conversation that is gone on with counts from where this session began", async () => {
  conversation("ses_own", [said(MARK), answer(5_000, -10), answer(100, 10)]);
  await meter({ continues: { session, mark: MARK } }).read();
  expect(told.map(([nth, input]) => [nth, input])).toEqual([[1, 100]]);
});

test("a server that does not answer, or not as it should, is no harm: what it told before stays, the rest comes when it answers", async () => {
  const it = meter();
  const own = conversation("ses_own", [said(MARK), answer(100, 10)]);
  const well = answers;
  const fails: (typeof answers)[] = [
    (_, response) => void response.writeHead(500).end("[]"),
    (_, response) => void response.end("no JSON"),
    (_, response) => void response.end('{"error": "no list"}'),
    (_, response) => void response.end('[null, 1, {"id": "--flag"}, {"id": 7}]'),
    (request) => void request.socket.destroy(),
    (request, response) =>
      request.url === "/session" ? well(request, response) : void response.writeHead(404).end("{}"),
  ];
  const failing = async (): Promise<void> => {
    for (const one of fails) {
      answers = one;
      await it.read();
    }
    answers = well;
  };
  await failing();
  expect(told).toEqual([]);
  await it.read();
  own.messages.push(answer(200, 20));
  await failing();
  expect(told.map(([nth]) => nth)).toEqual([1]);
  await it.read();
  expect(told.map(([nth, input]) => [nth, input])).toEqual([
    [1, 100],
    [2, 200],
  ]);
  close();
  await it.read();
  expect(told).toHaveLength(2);
});
