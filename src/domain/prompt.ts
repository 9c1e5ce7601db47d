/**
 * The prompt envelope: what an agent is told in a phase, as text.
 *
 * It starts with words and ends with a full stop, so that no agent takes it for a command of its own (`/`, `!`, `#`, `@`, a
 * trailing backslash). Large goals and schemas are named as files, so that every terminal takes the prompt whole.
 */
import type { Violation } from "./artifact.ts";
import type { PromptPurpose } from "./event.ts";
import { utf8Bytes } from "./text.ts";

/** A goal or schema up to this size stands in the prompt itself; every terminal agent that was measured takes it. */
export const INLINE_BYTES = 6_000;

/** Where things of a run are, under the worktree's `.devflow/`. */
export const layout = {
  goal: "goal.md",
  schema: (reference: string) => `schemas/${reference}.json`,
  input: (phase: string, sha256: string) => `inputs/${phase}-${sha256.slice(0, 12)}.json`,
  artifact: (phase: string, attempt: number, name: string) => `artifacts/${phase}-${attempt}/${name}`,
  prompt: (phase: string, attempt: number, number: number) => `prompts/${phase}-${attempt}-${number}.md`,
  task: (phase: string, attempt: number) => `prompts/${phase}-${attempt}-task.md`,
};

export interface Envelope {
  run: string;
  phase: string;
  title: string;
  attempt: number;
  /** A turn of a talk is a person's words, and no envelope. */
  purpose: Exclude<PromptPurpose, "turn">;
  base: { branch: string; commit: string };
  goal: string;
  goalFile: string;
  instructions: readonly string[];
  inputs: readonly { phase: string; schema: string; file: string; sha256: string }[];
  /** What a person, or the round before, said about the last attempt. */
  comment: string | undefined;
  /** The whole task in a file, for one who goes on with it. */
  task: string;
  /** What is accepted, for one who takes the place of a session that is gone; absent for the first of its role. */
  accepted: Envelope["inputs"] | undefined;
  artifact: string;
  schemaName: string;
  schemaFile: string;
  schema: string;
  violations: readonly Violation[];
}

const PARTS: Record<Envelope["purpose"], (envelope: Envelope) => string[]> = { work, repair, nudge, continue: goOn };

export function promptText(envelope: Envelope): string {
  const parts = PARTS[envelope.purpose](envelope);
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`.trimEnd();
}

/** What stands in each prompt of an attempt and in no other: a conversation is known by it. */
export const markOf = ({ phase, attempt, run }: Pick<Envelope, "phase" | "attempt" | "run">): string =>
  `Phase: ${phase}\nAttempt: ${attempt}\nRun: ${run}`;

const heading = (envelope: Envelope): string =>
  `${markOf(envelope)}\nBase: ${envelope.base.commit} (${envelope.base.branch})`;

function work(e: Envelope): string[] {
  return [
    `You work on the phase "${e.title}" of a devflow run, in this directory, which is a git worktree of your own.`,
    heading(e),
    utf8Bytes(e.goal) <= INLINE_BYTES
      ? `## Goal\n\n${e.goal}`
      : `## Goal\n\nThe goal is long. Read it whole first: ${e.goalFile}`,
    e.comment === undefined || e.comment === "" ? "" : `## What was said about your last attempt\n\n${e.comment}`,
    e.accepted === undefined ? "" : takenOver(e.accepted),
    e.inputs.length === 0
      ? ""
      : `## Inputs\n\nRead these first; they are accepted and must not be changed.\n${e.inputs.map(input).join("\n")}`,
    e.instructions.length === 0 ? "" : `## Instructions\n\n${e.instructions.join("\n\n")}`,
    contract(e),
  ];
}

const takenOver = (accepted: Envelope["inputs"]): string =>
  `## Where this stands

You take the place of an earlier session, which is gone. What it has left in this worktree stays: look at that first, and keep what is good.
${accepted.length === 0 ? "Nothing of the run is accepted yet." : `Accepted so far, and not to be changed:\n${accepted.map(input).join("\n")}`}`;

const input = ({ phase, schema, file, sha256 }: Envelope["inputs"][number]): string =>
  `- ${phase} (${schema}, sha256 ${sha256.slice(0, 12)}): ${file}`;

function contract(e: Envelope): string {
  const inline = utf8Bytes(e.schema) <= INLINE_BYTES ? `\n\n${e.schema}` : "";
  return `## Artifact

The phase is done when this file exists and satisfies its schema; nothing you say in the terminal counts.
Write the artifact to: ${e.artifact}
Schema: ${e.schemaFile}
It is one JSON document in UTF-8 that satisfies ${e.schemaName}. Write it in one go, at the end of your work, and do not commit anything under .devflow.${inline}

When the file is written, stop.`;
}

function repair(e: Envelope): string[] {
  const problems = e.violations.map(({ at, problem }) => `- ${at === "" ? "the document" : at}: ${problem}`);
  return [
    `The artifact that you wrote does not satisfy ${e.schemaName}. Correct it and write it again, whole.`,
    heading(e),
    `## What is wrong\n\n${problems.join("\n")}`,
    `Write the artifact to: ${e.artifact}\nSchema: ${e.schemaFile}`,
    "When the file is written, stop.",
  ];
}

function nudge(e: Envelope): string[] {
  return [
    "You have stopped, but the artifact of this phase is not there yet. Finish the work and write it.",
    heading(e),
    `Write the artifact to: ${e.artifact}\nSchema: ${e.schemaFile}`,
    "When the file is written, stop.",
  ];
}

function goOn(e: Envelope): string[] {
  return [
    "Your process has ended in the middle of this phase, and this is your conversation from before. Go on where you were. What was under way at that moment may be half done, or not at all: look at the worktree first.",
    heading(e),
    `Should you not remember the task, it stands whole in this file: ${e.task}`,
    `Write the artifact to: ${e.artifact}\nSchema: ${e.schemaFile}`,
    "When the file is written, stop.",
  ];
}
