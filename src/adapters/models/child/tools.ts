/** The tools of an agent as its steps use them: devflow's toolbox, its secrets taken out, its subagents run by the session. */
import { z } from "zod";
import type { SessionId } from "../../../domain/ids.ts";
import type { CommandList, ToolName } from "../../../domain/model-agent.ts";
import { redactor } from "../../../domain/redact.ts";
import type { RequestSubagentArgs, ToolAnswer } from "../../../domain/tool.ts";
import type { Start } from "../session-protocol.ts";
import { toolbox } from "../tools/toolbox.ts";
import type { ToolSpec } from "./chat-model.ts";

export interface Toolbox {
  specs: readonly ToolSpec[];
  /** Throws what ends the turn; what the model can put right is an answer. */
  use(name: string, args: unknown, about: ToolUseAbout): Promise<ToolAnswer>;
  /** A few words for people: the path or the program. */
  about(name: string, args: unknown): string;
}

export interface ToolUseAbout {
  /** The call's key: what has an effect has it once under it. */
  call: string;
  signal: AbortSignal;
  /** Of a request for a subagent: the how-manieth one it is. */
  nth: number;
}

/** Runs a subagent to its end. Throws what ends the whole turn. */
export type Delegate = (args: RequestSubagentArgs, nth: number) => Promise<ToolAnswer>;

export interface ToolboxFor {
  tools: readonly ToolName[];
  commands: CommandList | null;
  artifact: string | null;
  /** Who talks with a person ends a turn by words, and has no need of `complete`. */
  talk?: boolean;
  delegate?: Delegate;
}

export interface Toolboxes {
  start: Start;
  key: string;
  /** Where the tools keep what they have done. */
  state: string;
}

export function toolboxes({ start, key, state }: Toolboxes): (options: ToolboxFor) => Toolbox {
  const redact = redactor([key]);

  return ({ tools, commands, artifact, delegate, talk = false }) => {
    /** What ends the turn must not become an answer of the tool that it happened in. */
    let thrown: { error: unknown } | undefined;
    let nth = 0;
    const box = toolbox({
      root: start.cwd,
      tools,
      commands: { persona: start.commands, ...(commands && { phase: commands }) },
      env: process.env,
      state,
      session: start.session as SessionId,
      redact,
      ...(artifact !== null && { artifact }),
      ...(delegate && {
        subagent: async (args) => {
          try {
            return await delegate(args, nth);
          } catch (error) {
            thrown = { error };
            throw error;
          }
        },
      }),
    });
    const offered = box.specs.filter(({ name }) => !talk || name !== "complete");
    const specs = offered.map(({ name, description, schema }) => ({ name, description, schema: jsonSchema(schema) }));
    return {
      specs,
      about: (name, args) => box.about(name, args),
      async use(name, args, about) {
        nth = about.nth;
        thrown = undefined;
        const answer = await box.use(name, args, about);
        if (thrown) throw (thrown as { error: unknown }).error;
        return answer;
      },
    };
  };
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}
