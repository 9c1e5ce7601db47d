/** Stand-in. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type CommandList, ToolName } from "../../../domain/model-agent.ts";
import type { Start } from "../session-protocol.ts";
import type { Agent, ToolAnswer, Toolbox } from "./agent.ts";
import type { Quotas } from "./tally.ts";

export interface ToolboxFor {
  tools: readonly ToolName[];
  commands: CommandList | null;
  artifact: string | null;
}

export function toolboxes({ start, directory }: { start: Start; key: string; directory: string }) {
  mkdirSync(directory, { recursive: true });
  return ({ tools }: ToolboxFor): Toolbox => ({
    specs: ToolName.options
      .filter((name) => name === "complete" || tools.includes(name))
      .map((name) => ({ name, description: name, schema: { type: "object", properties: {} } })),
    async use(name, args, { call, signal }) {
      const path = join(start.cwd, String(args.path));
      if (name === "complete") return { ok: true, text: "done" };
      if (name === "read_file") return { ok: true, text: readFileSync(path, "utf8") };
      if (name === "run_command") {
        await pause(600_000, undefined, { signal }).catch(() => {});
        return { ok: false, text: "stopped" };
      }
      if (name !== "write_file") return { ok: false, text: "no such tool", refused: "no such tool" };
      if (existsSync(join(directory, call))) return { ok: true, text: "already" };
      writeFileSync(path, String(args.content));
      writeFileSync(join(directory, call), "");
      return { ok: true, text: `written` };
    },
    about: (_, args) => String(args.path ?? ""),
  });
}

export function subagentRequest(
  args: Record<string, unknown>,
  parent: Agent,
): { ok: true; task: string; tools: readonly ToolName[]; quotas: Quotas } | { ok: false; answer: ToolAnswer } {
  return {
    ok: true,
    task: String(args.task),
    tools: parent.tools,
    quotas: { ...parent.total, ...(typeof args.maxTurns === "number" && { maxTurns: args.maxTurns }) },
  };
}
