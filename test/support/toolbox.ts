/** A toolbox on a worktree of a test's own, at a path that careless code trips over. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Toolbox, type ToolboxOptions, toolbox } from "../../src/adapters/models/tools/toolbox.ts";
import { SessionId } from "../../src/domain/ids.ts";
import { ToolName } from "../../src/domain/model-agent.ts";
import type { ToolAnswer } from "../../src/domain/tool.ts";
import { tempDirectory } from "./temp.ts";

export const TOOL_SESSION = SessionId.parse("01J00000000000000000000000");

export interface TestTools {
  root: string;
  state: string;
  box: Toolbox;
  /** Each call with an id of its own, unless one is given. */
  use(name: string, args: unknown, call?: string, signal?: AbortSignal): Promise<ToolAnswer>;
}

let calls = 0;

export function testTools(options: Partial<ToolboxOptions> = {}): TestTools {
  const around = tempDirectory();
  const root = options.root ?? join(around, "작업 나무");
  const state = options.state ?? join(around, "state");
  mkdirSync(join(root, ".devflow"), { recursive: true });
  const box = toolbox({
    tools: ToolName.options,
    commands: { persona: [] },
    env: { PATH: process.env.PATH },
    session: TOOL_SESSION,
    ...options,
    root,
    state,
  });
  const use: TestTools["use"] = (name, args, call = `call ${++calls}`, signal = new AbortController().signal) =>
    box.use(name, args, { call, signal });
  return { root, state, box, use };
}
