/**
 * What an agent asks permission for: answered by the rule, or kept until a person answers, the agent takes it back, or its turn ends.
 *
 * K1. Every request is answered once. The oldest that is open is the question; its id changes with what it asks.
 * K2. Only for this once is anything allowed: what an agent offers to remember, it would not ask about again.
 */
import type { ToolFacts } from "../../domain/acp-update.ts";
import type { CommandList } from "../../domain/model-agent.ts";
import { type PermissionAnswer, permission } from "../../domain/permission-rule.ts";
import type { WorktreeFiles } from "../../ports/worktree-files.ts";
import { sha256Hex } from "../system/content-hash.ts";
import type { PermissionRequest, Permitted } from "./acp-link.ts";

/** More open questions at once are not asked of anybody. */
const MOST_OPEN = 50;

const MAX_TEXT = 400;

export interface Question {
  /** Of what is asked: an answer to another question is none to this. */
  id: string;
  /** What it is about, and the ways to answer it, in one line. */
  text: string;
}

export interface PermissionDeps {
  files: Pick<WorktreeFiles, "placeOf">;
  /** What the phase at work may write and start. */
  task(): { artifact?: string; lists: readonly CommandList[] };
  /** The question is another one, or there is none any more. */
  changed(): void;
}

export interface Permissions {
  ask(tool: ToolFacts, options: PermissionRequest["options"], withdrawn: AbortSignal): Promise<Permitted>;
  question(): Question | undefined;
  /** False when that question is not open any more. */
  answer(id: string, word: "allow" | "deny"): boolean;
  /** Nothing that is open will be answered: the turn is over. */
  dropAll(): void;
}

interface Open extends Question {
  options: PermissionRequest["options"];
  settle(permitted: Permitted): void;
}

export function permissions({ files, task, changed }: PermissionDeps): Permissions {
  const open: Open[] = [];
  let count = 0;

  function judge(tool: ToolFacts): PermissionAnswer {
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
        const text = questionText(tool, options, why);
        count += 1;
        const one: Open = {
          id: sha256Hex(`${count}\n${tool.id}\n${text}`).slice(0, 16),
          text,
          options,
          settle: (permitted) => {
            resolve(permitted);
            remove(one);
          },
        };
        open.push(one);
        withdrawn.addEventListener("abort", () => one.settle("cancelled"), { once: true });
        changed();
      });
    },
    question: () => open[0],
    answer(id, word) {
      const one = open[0];
      if (one?.id !== id) return false;
      one.settle(optionFor(word, one.options) ?? "cancelled");
      return true;
    },
    dropAll: () => {
      for (const one of [...open]) one.settle("cancelled");
    },
  };
}

/** K2, unless there is nothing else to say yes or no with. */
function optionFor(word: "allow" | "deny", options: PermissionRequest["options"]): Permitted | undefined {
  const kinds = word === "allow" ? ["allow_once"] : ["reject_once", "reject_always"];
  const found = kinds
    .map((kind) => options.find((option) => option.kind === kind))
    .find((option) => option !== undefined);
  return found && { option: found.optionId };
}

function questionText(
  { title, kind, paths, command }: ToolFacts,
  options: PermissionRequest["options"],
  why: string,
): string {
  const what = command === undefined ? (title ?? paths.join(", ")) : [command].flat().join(" ");
  const ways = options.map(({ name }) => name).join(" / ");
  return oneLine(`${kind ?? "tool"}: ${what.slice(0, MAX_TEXT)} (${why}; it offers: ${ways})`).slice(0, 2 * MAX_TEXT);
}

/** Nothing of an agent's own that could draw, or begin a new line. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
