/**
 * What an agent asks permission for: answered by the rule, or kept until a person answers, the agent takes it back, or its turn ends.
 *
 * K1. Every request is answered once. The oldest that is open is the question; its id changes with what it asks.
 * K2. Only for this once is anything allowed: what an agent offers to remember, it would not ask about again.
 */
import type { ToolFacts } from "../../domain/acp-update.ts";
import { Digest } from "../../domain/ids.ts";
import type { CommandList } from "../../domain/model-agent.ts";
import type { Asked, PermissionAnswer, Permitted } from "../../domain/permission.ts";
import { type PermissionJudgement, permission } from "../../domain/permission-rule.ts";
import type { WorktreeFiles } from "../../ports/worktree-files.ts";
import { sha256Hex } from "../system/content-hash.ts";
import type { Chosen, PermissionRequest } from "./acp-link.ts";

/** More open questions at once are not asked of anybody. */
const MOST_OPEN = 50;

const MAX_TEXT = 400;
const MAX_NAME = 80;
const MOST_OPTIONS = 12;

export interface PermissionDeps {
  files: Pick<WorktreeFiles, "placeOf">;
  /** What the phase at work may write and start. */
  task(): { artifact?: string; lists: readonly CommandList[] };
  /** The question is another one, or there is none any more. */
  changed(): void;
}

export interface Permissions {
  ask(tool: ToolFacts, options: PermissionRequest["options"], withdrawn: AbortSignal): Promise<Chosen>;
  question(): Asked | undefined;
  /** Answers the question of that digest, if it is the one that stands. */
  answer(digest: string, word: PermissionAnswer): Permitted;
  /** Nothing that is open will be answered: the turn is over. */
  dropAll(): void;
}

interface Open {
  question: Asked;
  options: PermissionRequest["options"];
  settle(chosen: Chosen): void;
}

export function permissions({ files, task, changed }: PermissionDeps): Permissions {
  const open: Open[] = [];
  let count = 0;

  function judge(tool: ToolFacts): PermissionJudgement {
    const { artifact, lists } = task();
    return permission({ tool, placeOf: files.placeOf, isArtifact: (path) => path === artifact, lists });
  }

  function remove(one: Open): void {
    const at = open.indexOf(one);
    if (at < 0) return;
    open.splice(at, 1);
    changed();
  }

  return {
    async ask(tool, options, withdrawn) {
      const { answer, why } = judge(tool);
      const option = answer === "ask" ? undefined : optionFor(answer, options);
      if (option) return option;
      if (answer === "deny" || withdrawn.aborted || open.length >= MOST_OPEN) return "cancelled";
      return new Promise((resolve) => {
        count += 1;
        const one: Open = {
          question: questionOf(tool, options, why, count),
          options,
          settle: (chosen) => {
            resolve(chosen);
            remove(one);
          },
        };
        open.push(one);
        withdrawn.addEventListener("abort", () => one.settle("cancelled"), { once: true });
        changed();
      });
    },
    question: () => open[0]?.question,
    answer(digest, word) {
      const one = open[0];
      if (one?.question.digest !== digest) return one ? "changed" : "gone";
      one.settle(optionFor(word, one.options) ?? "cancelled");
      return "answered";
    },
    dropAll: () => {
      for (const one of [...open]) one.settle("cancelled");
    },
  };
}

/** K2, unless there is nothing else to say yes or no with. */
function optionFor(word: PermissionAnswer, options: PermissionRequest["options"]): Chosen | undefined {
  const kinds = word === "allow" ? ["allow_once"] : ["reject_once", "reject_always"];
  const found = kinds
    .map((kind) => options.find((option) => option.kind === kind))
    .find((option) => option !== undefined);
  return found && { option: found.optionId };
}

/** `nth`: the same asked again is another question. */
function questionOf(tool: ToolFacts, options: PermissionRequest["options"], why: string, nth: number): Asked {
  const { title, kind = "tool", paths } = tool;
  const command = tool.command === undefined ? undefined : [tool.command].flat().join(" ");
  const what = oneLine(command ?? title ?? paths.join(", ")).slice(0, MAX_TEXT);
  const text = `${oneLine(kind).slice(0, MAX_NAME)}: ${what} (${oneLine(why)})`;
  return {
    dialog: "acp",
    tool: oneLine(kind).slice(0, MAX_NAME),
    text,
    options: options.slice(0, MOST_OPTIONS).map(({ name }) => oneLine(name).slice(0, MAX_NAME)),
    // One that would be told otherwise than it is run is not told as a command.
    ...(command !== undefined && command === what && { command }),
    digest: Digest.parse(sha256Hex(`${nth}\n${tool.id}\n${text}`)),
  };
}

/** Nothing of an agent's own that could draw, or begin a new line. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
