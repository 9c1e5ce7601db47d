/** The daemon: what it is and does, and what its socket answers. */
import { say, shipped } from "../../messages/say.ts";
import type { DaemonStatus } from "../../protocol/daemon-methods.ts";
import type { Result } from "../../protocol/methods.ts";
import type { Paper } from "../style.ts";
import { columnsOf, oneLine, padded, table } from "../table.ts";
import { duration } from "./times.ts";

export function daemonStatusLines(status: DaemonStatus, { style, now }: Paper): string[] {
  const { running, waiting } = status.runs;
  const state = status.paused ? style.yellow(say("daemon.paused")) : style.green(say("daemon.up"));
  const facts: [string, string][] = [
    [say("fact.pid"), String(status.pid)],
    [say("fact.runs"), say("daemon.runs", { running, waiting })],
    [say("fact.sessions"), `${status.sessions}, ${status.host}`],
    [say("fact.memory"), `${Math.round(status.memoryMb)} MB`],
    [say("fact.socket"), status.socket],
    [say("fact.home"), status.home],
  ];
  const indent = Math.max(...facts.map(([name]) => columnsOf(name)));
  return [
    `devflowd ${status.version}  ${state}  ${style.dim(duration(now - status.startedAt))}`,
    ...facts.map(([name, value]) => `  ${style.dim(padded(name, indent))}  ${oneLine(value)}`),
    ...status.problems.map(({ message, hint }) => `  ${style.yellow(oneLine(message))} (${oneLine(hint)})`),
  ];
}

export function methodsLines(methods: Result<"daemon.methods">, full: boolean, { look, style }: Paper): string[] {
  if (!full) {
    return table(
      [
        { title: say("table.method"), paint: () => "bold" },
        { title: say("table.description"), shrink: true },
      ],
      methods.map(({ method, summary }) => [method, shipped(summary)]),
      look,
    ).split("\n");
  }
  return methods.flatMap(({ method, summary, params, result }) => [
    style.bold(method),
    shipped(summary),
    "",
    style.dim(say("daemon.params")),
    ...JSON.stringify(params, undefined, 2).split("\n"),
    "",
    style.dim(say("daemon.result")),
    ...JSON.stringify(result, undefined, 2).split("\n"),
  ]);
}
