/**
 * What a model agent adds to a turn, over a bare client of the same provider in a loop that writes the same files; and what its
 * process takes to start. The provider answers after a time that no real model comes near, so that the rest can be seen.
 */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { OpenAIClient } from "@langchain/openai";
import type { FromChild, ToChild } from "../src/adapters/models/session-protocol.ts";
import { ModelLimits } from "../src/domain/model-agent.ts";
import { type Figure, median } from "./figure.ts";

const TURNS = 40;
const ROUNDS = 5;
const ANSWER_MS = 20;
const MOST = { ratio: 2, startMs: 1_000, memoryMb: 130 };
const PROGRAM = join(import.meta.dirname, "../dist/model-agent.mjs");

export async function modelAgentBench(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "devflow-bench-"));
  const workerData = { turns: TURNS, answerMs: ANSWER_MS };
  const server = new Worker(new URL("./model-server.mjs", import.meta.url), { workerData });
  try {
    const [baseUrl] = (await once(server, "message")) as [string];
    const bare: number[] = [];
    const agents: Measured[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await bareTurn(baseUrl, await directory(folder, `bare-${round}`)));
      agents.push(await agentTurn(baseUrl, await directory(folder, `agent-${round}`)));
    }
    const [ours, theirs] = [median(agents.map(({ turnMs }) => turnMs)), median(bare)];
    const detail = `${ours.toFixed(1)} ms over ${theirs.toFixed(1)} ms, of which the provider takes ${ANSWER_MS} ms; medians of ${ROUNDS}`;
    return [
      atMost("a model agent's turn over a bare client's", ours / theirs, MOST.ratio, detail),
      atMost(
        "start of a model agent's process, in ms",
        median(agents.map(({ startMs }) => startMs)),
        MOST.startMs,
        "until it is ready",
      ),
      atMost(
        "a model agent's resident memory, in MB",
        median(agents.map(({ memoryMb }) => memoryMb)),
        MOST.memoryMb,
        `after ${TURNS} turns; ${median(agents.map(({ emptyMb }) => emptyMb)).toFixed(0)} MB before`,
      ),
    ];
  } finally {
    await server.terminate();
    await rm(folder, { recursive: true, force: true });
  }
}

const atMost = (figure: string, value: number, most: number, detail: string): Figure => ({
  figure,
  value,
  bar: `≤ ${most}`,
  ok: value <= most,
  detail,
});

async function directory(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, "worktree"), { recursive: true });
  return path;
}

async function bareTurn(baseURL: string, directory: string): Promise<number> {
  const client = new OpenAIClient({ apiKey: "none", baseURL, maxRetries: 0 });
  const messages: OpenAIClient.ChatCompletionMessageParam[] = [
    { role: "system", content: "You are an author." },
    { role: "user", content: "Write the files" },
  ];
  const tool = (name: string, properties: Record<string, unknown>) => ({
    type: "function" as const,
    function: { name, parameters: { type: "object", properties } },
  });
  const text = { type: "string" };
  const tools = [tool("write_file", { path: text, content: text }), tool("complete", { summary: text })];
  const from = performance.now();
  for (;;) {
    const { choices } = await client.chat.completions.create({ model: "m", messages, tools });
    const message = choices[0]?.message;
    const call = message?.tool_calls?.[0];
    if (call?.type !== "function") throw new Error("the provider asked for nothing");
    if (call.function.name === "complete") return (performance.now() - from) / TURNS;
    const { path, content } = JSON.parse(call.function.arguments) as { path: string; content: string };
    writeFileSync(join(directory, "worktree", path), content);
    messages.push(message as OpenAIClient.ChatCompletionMessageParam, {
      role: "tool",
      tool_call_id: call.id,
      content: "ok",
    });
  }
}

interface Measured {
  turnMs: number;
  startMs: number;
  emptyMb: number;
  memoryMb: number;
}

async function agentTurn(baseUrl: string, directory: string): Promise<Measured> {
  const from = performance.now();
  // As the daemon starts it: with no flags of ours, and with next to nothing of our environment.
  const env = { PATH: process.env.PATH };
  const child = fork(PROGRAM, [], { env, execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const send = (message: ToChild) => void child.send(message);
  const told = (wanted: FromChild["t"]) =>
    new Promise<FromChild>((resolve) => {
      child.on("message", (message: FromChild) => message.t === wanted && resolve(message));
    });
  child.on("message", (message: FromChild) => {
    if (message.t === "ask") send({ t: "grant", call: message.call, grant: { kind: "granted" } });
    if (message.t === "settle") send({ t: "settled", call: message.call });
  });
  const ready = told("ready");
  send({
    t: "start",
    session: "01JD0000000000000000000001",
    run: "01JD0000000000000000000000",
    role: "author",
    persona: "author@1",
    cwd: join(directory, "worktree"),
    folder: join(directory, "session"),
    baseUrl,
    account: "bench",
    model: "m",
    headers: {},
    system: "You are an author.",
    tools: ["write_file"],
    commands: [],
    limits: ModelLimits.parse({ maxTurns: 1_000 }),
    contextTokens: 128_000,
    patience: { firstMs: 10, longestMs: 10, callMs: 10_000, parkAfterMs: 10_000, parkMs: 10_000, giveUpMs: 10_000 },
  });
  await ready;
  const startMs = performance.now() - from;
  const emptyMb = residentMb(child);
  const over = told("over");
  const began = performance.now();
  send({ t: "prompt", key: "1", phase: "bench", attempt: "bench/1", text: "Write the files" });
  const end = await over;
  if (end.t !== "over" || end.kind !== "completed") throw new Error(`the turn has failed: ${JSON.stringify(end)}`);
  const turnMs = (performance.now() - began) / TURNS;
  const memoryMb = residentMb(child);
  child.disconnect();
  await once(child, "exit");
  return { turnMs, startMs, emptyMb, memoryMb };
}

function residentMb({ pid }: ChildProcess): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).trim()) / 1024;
}
