/**
 * A scripted provider, in a thread of its own: it has a conversation write a file for each of its turns, then complete it.
 * It answers after a fixed time.
 */
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

const { turns, answerMs } = workerData;
const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

const server = createServer(async (request, response) => {
  let text = "";
  for await (const part of request) text += part;
  const nth = JSON.parse(text).messages.filter(({ role }) => role === "assistant").length;
  const last = nth === turns - 1;
  const args = last ? { summary: "Done" } : { path: `${nth % 10}.txt`, content: "x".repeat(200) };
  const call = { name: last ? "complete" : "write_file", arguments: JSON.stringify(args) };
  const message = {
    role: "assistant",
    content: null,
    tool_calls: [{ id: `c${nth}`, type: "function", function: call }],
  };
  const answer = {
    id: `a${nth}`,
    model: "m",
    choices: [{ index: 0, finish_reason: "tool_calls", message }],
    usage: USAGE,
  };
  await pause(answerMs);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(answer));
});
server.listen(0, "127.0.0.1", () => parentPort?.postMessage(`http://127.0.0.1:${server.address().port}/v1`));
