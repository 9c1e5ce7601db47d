/**
 * Reads what a provider answered: the usage it tells, the errors that it hides in the body of a success, and tool arguments
 * in the shapes that models send them. What is not told is not known: no number here is ever made up.
 */
import { jsonOf } from "../../../domain/json-text.ts";
import type { Usage } from "../../../domain/usage.ts";
import { isObject, repairedArguments } from "./tool-arguments.ts";

/** What is known of a call from its answer, whatever came of it. */
export interface Told {
  usage?: Usage;
  served?: string;
  provider?: string;
  generation?: string;
}

export type Answer =
  /** `text`: the body for the library, its tool arguments put right; calls that cannot be read are only named. */
  | { kind: "said"; told: Told; finish: string; text: string; unreadable: string[] }
  /** An error with the number that HTTP has for it. `late`: it came when the model may have begun already. */
  | { kind: "error"; told: Told; status: number; late: boolean; said: string; limitSource?: string }
  | { kind: "unreadable"; told: Told; said: string };

/** A bad gateway: what an error without a number of its own is taken for. */
const BAD_GATEWAY = 502;
const REQUEST_TIMEOUT = 408;
const SAID_CHARACTERS = 300;

type Reply = { status: number; headers: Readonly<Record<string, string>>; text: string };

export function readAnswer({ status, headers, text }: Reply, usageOf: (usage: unknown) => Usage | undefined): Answer {
  // Some providers keep the connection alive with white space before the answer.
  const body = jsonOf(text.trim());
  const told = toldBy(body, headers, usageOf);
  const succeeded = status >= 200 && status < 300;
  if (!isObject(body)) {
    if (!succeeded) return { kind: "error", told, status, late: false, said: heading(text) };
    return { kind: "unreadable", told, said: `the answer is not JSON: ${heading(text)}` };
  }
  const choice = Array.isArray(body.choices) && isObject(body.choices[0]) ? body.choices[0] : undefined;
  const error = body.error ?? choice?.error;
  if (error !== undefined && error !== null) {
    const known = errorIn(error, succeeded, status);
    const refused = known.status < 500 && known.status !== REQUEST_TIMEOUT;
    return { kind: "error", told, late: succeeded && (choice !== undefined || !refused), ...known };
  }
  if (!succeeded) return { kind: "error", told, status, late: false, said: heading(text) };
  if (!choice || !isObject(choice.message)) return { kind: "unreadable", told, said: "the answer holds no message" };
  const finish = typeof choice.finish_reason === "string" ? choice.finish_reason : "unknown";
  if (finish === "error")
    return { kind: "error", told, status: BAD_GATEWAY, late: true, said: "the model ended with an error" };
  choice.message.role = "assistant"; // without it the library would not look for calls
  const unreadable = repairCalls(choice.message, finish === "length");
  return { kind: "said", told, finish, unreadable, text: JSON.stringify(body) };
}

function toldBy(
  body: unknown,
  headers: Readonly<Record<string, string>>,
  usageOf: (usage: unknown) => Usage | undefined,
): Told {
  const of = (name: string): string | undefined => {
    const value = isObject(body) ? body[name] : undefined;
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const usage = isObject(body) ? usageOf(body.usage) : undefined;
  const generation = headers["x-generation-id"] ?? of("id");
  const [served, provider] = [of("model"), of("provider")];
  return {
    ...(usage && { usage }),
    ...(served && { served }),
    ...(provider && { provider }),
    ...(generation && { generation }),
  };
}

function errorIn(error: unknown, succeeded: boolean, status: number) {
  if (!isObject(error)) return { status: succeeded ? BAD_GATEWAY : status, said: heading(String(error)) };
  const code = Number(error.code);
  const metadata = isObject(error.metadata) ? error.metadata : {};
  const source = metadata.limit_source;
  const raw = typeof metadata.raw === "string" ? ` (${metadata.raw})` : "";
  return {
    status: succeeded ? (code >= 400 && code < 600 ? code : BAD_GATEWAY) : status,
    said: heading(`${typeof error.message === "string" ? error.message : JSON.stringify(error)}${raw}`),
    ...(typeof source === "string" ? { limitSource: source } : {}),
  };
}

/** Puts each call's arguments right where they mean one thing only; takes the other calls out, and answers with their names. */
function repairCalls(message: Record<string, unknown>, cut: boolean): string[] {
  const unreadable: string[] = [];
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  const readable = calls.flatMap((call: unknown) => {
    const sent = isObject(call) && isObject(call.function) ? call.function : {};
    const name = typeof sent.name === "string" ? sent.name : undefined;
    const args = repairedArguments(sent.arguments, cut);
    if (isObject(call) && name !== undefined && args !== undefined) {
      return { ...call, type: "function", function: { name, arguments: args } };
    }
    unreadable.push(name ?? "a tool");
    return [];
  });
  if (calls.length > 0) message.tool_calls = readable;
  return unreadable;
}

const heading = (text: string): string => {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > SAID_CHARACTERS ? `${line.slice(0, SAID_CHARACTERS)}…` : line || "(nothing)";
};
