/**
 * An answer that comes in pieces: its text is told as it comes. At the end it is put together as if it had come whole, so that one
 * reader (`answer.ts`) judges both, and no tool is called with arguments that are not all there.
 */
import { jsonOf } from "../../../domain/json-text.ts";
import { isObject } from "./tool-arguments.ts";

export interface StreamedAnswer {
  /** The stream's next piece, cut wherever it was. */
  push(piece: string): void;
  /** The body that the provider would have sent at once; `undefined` when it was no stream of pieces. */
  body(): string | undefined;
}

const BAD_GATEWAY = 502;

export function streamedAnswer(said: (text: string) => void = () => {}): StreamedAnswer {
  const about: Record<string, unknown> = {};
  const calls: { id: string; name: string; arguments: string }[] = [];
  let rest = "";
  let content = "";
  let finish: unknown;
  let problem: unknown;
  let pieces = 0;
  let begun = false;
  let done = false;

  function take(line: string): void {
    const data = /^data: ?(.*)$/.exec(line)?.[1]?.trim();
    if (data === undefined) return; // white space and remarks keep the connection alive
    if (data === "[DONE]") {
      done = true;
      return;
    }
    const piece = jsonOf(data);
    if (!isObject(piece)) return;
    pieces += 1;
    for (const name of ["id", "model", "provider", "usage", "error"] as const)
      if (piece[name] !== undefined && piece[name] !== null) about[name] = piece[name];
    const choice: unknown = Array.isArray(piece.choices) ? piece.choices[0] : undefined;
    if (!isObject(choice)) return;
    begun = true;
    hear(choice);
  }

  function hear({ delta, finish_reason, error }: Record<string, unknown>): void {
    finish = finish_reason ?? finish;
    problem = error ?? problem;
    if (!isObject(delta)) return;
    if (typeof delta.content === "string" && delta.content !== "") {
      content += delta.content;
      said(delta.content);
    }
    for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls : []) if (isObject(call)) addCall(call);
  }

  function addCall({ index, id, function: sent }: Record<string, unknown>): void {
    // Without a number, one with an id begins a call, and one without goes on with the last.
    const at = typeof index === "number" ? index : Math.max(0, calls.length - (typeof id === "string" ? 0 : 1));
    const call = calls[at] ?? { id: "", name: "", arguments: "" };
    calls[at] = call;
    if (typeof id === "string") call.id = id;
    if (!isObject(sent)) return;
    if (typeof sent.name === "string") call.name += sent.name;
    if (typeof sent.arguments === "string") call.arguments += sent.arguments;
  }

  return {
    push(piece) {
      const lines = (rest + piece).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    },
    body() {
      take(rest);
      rest = "";
      if (pieces === 0) return undefined;
      const brokeOff = !done && finish === undefined && about.error === undefined && problem === undefined;
      const error = brokeOff ? { code: BAD_GATEWAY, message: "the answer broke off" } : about.error;
      const tool_calls = calls.flatMap(({ id, ...sent }) => ({ id, type: "function", function: sent }));
      const message = { role: "assistant", content, ...(tool_calls.length > 0 && { tool_calls }) };
      const choice = { index: 0, finish_reason: finish ?? "unknown", message, error: problem };
      return JSON.stringify({ ...about, error, ...(begun && { choices: [choice] }) });
    },
  };
}
