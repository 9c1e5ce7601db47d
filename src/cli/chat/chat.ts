/** A talk at a terminal, from its beginning to its end. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure, failureRecord } from "../../domain/failure.ts";
import { referenceOf } from "../../domain/names.ts";
import { redactor } from "../../domain/redact.ts";
import { secretsIn } from "../../domain/secret-names.ts";
import { say } from "../../messages/say.ts";
import { placesHere } from "../../protocol/here.ts";
import { agreed } from "../agreement.ts";
import { changesOf } from "../changes.ts";
import { type CommandContext, EXIT_FAILED, type ExitCode, whoAsks } from "../command.ts";
import { usdTyped } from "../dollars.ts";
import { repositoryAround } from "../repository.ts";
import { shortId } from "../show/ids.ts";
import { type Paper, paperOf } from "../style.ts";
import type { LineAct, LineEditor } from "../terminal.ts";
import { type History, historyFile, openHistory } from "./history.ts";
import { failureLines, promptShown } from "./lines.ts";
import { multiLine } from "./multi-line.ts";
import { performSlash } from "./perform-slash.ts";
import { withQuotes } from "./references.ts";
import { type Choices, completed, understood } from "./slash.ts";
import { type Talk, talk } from "./talk.ts";

export interface ChatInput {
  agent?: string;
  model?: string;
  repo?: string;
  budgetUsd?: string;
  resume?: string;
}

/** The one role of the template that a talk is a run of. */
const ROLE = "partner";

/** How long the end of a talk is waited for: its agent may take its time to leave. */
const END_MS = 30_000;

export async function chat(input: ChatInput, context: CommandContext): Promise<ExitCode> {
  const { client, terminal, cwd, env, out, revive } = context;
  if (!terminal.canAsk)
    throw new Failure("usage.needs_terminal", { command: "devflow chat", hint: say("chat.without_terminal") });
  await agreed(context, { ask: true });
  const repo = repositoryAround(resolve(cwd, input.repo ?? "."));
  const here = input.repo === undefined ? cwd : repo;
  const { run, cursor } = await begun(input, repo, context);
  const history = await openHistory(
    historyFile(placesHere(env as NodeJS.ProcessEnv).state),
    redactor(secretsIn(env, existsSync)),
  );
  const choices = choicesOf(context, repo, here);
  const editor = await terminal.edit({ history: history.lines, complete: (line) => completed(line, choices) });
  const paper = (): Paper => paperOf({ columns: terminal.size().columns, colour: terminal.colour, now: context.now() });
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) editor.print(lines.join("\n"));
  };
  const by = whoAsks(env);
  const lines = multiLine();
  const prompt = (): void =>
    editor.ask(promptShown(it.cost(), lines.open ? "more" : it.busy() ? "busy" : "idle", paper()));
  const over = new AbortController();
  const it = talk({ client, run, cursor, by, revive, paper, print, changed: prompt });
  const { id, persona } = await whoTalks(run, context);
  print([say("chat.greeting", { persona, run: shortId(id) })]);
  prompt();
  let failed: unknown;
  const following = it.follow(over.signal).then(
    () => editor.close(), // its run has ended, whoever has ended it
    (error: unknown) => {
      failed = error;
      editor.close();
    },
  );
  try {
    const quote = (await import("../compose.ts")).composeQuotes(repo);
    const speak = (text: string): Promise<void> => it.say(withQuotes(text, { root: repo, cwd: here }, quote));
    await conversing({ talk: it, editor, context, repo, by, paper, print, lines, history, speak, prompt });
    await ended(it, following, over, { editor, print });
  } finally {
    over.abort();
    editor.close();
  }
  if (failed !== undefined) throw failed;
  return farewell(it, context, out.notes);
}

async function begun(input: ChatInput, repo: string, { client }: CommandContext) {
  if (input.resume !== undefined) {
    const { id, status, cursor } = await client.call("run.show", { run: input.resume });
    if (status !== "running" && status !== "waiting") throw new Failure("talk.none", { run: id, state: status });
    return { run: id, cursor };
  }
  const { run, cursor } = await client.call("run.start", {
    template: "chat",
    goal: "A talk",
    repo,
    ...(input.agent !== undefined && { bind: { [ROLE]: input.agent } }),
    ...(input.model !== undefined && { models: { [ROLE]: input.model } }),
    ...(input.budgetUsd !== undefined && { budgetUsd: usdTyped(input.budgetUsd, "--budget-usd") }),
  });
  return { run, cursor };
}

async function whoTalks(run: string, { client }: CommandContext): Promise<{ id: string; persona: string }> {
  const { id, bindings } = await client.call("run.show", { run });
  return { id, persona: Object.values(bindings)[0]?.persona ?? "" };
}

interface Conversing {
  talk: Talk;
  editor: LineEditor;
  context: CommandContext;
  repo: string;
  by: string;
  paper(): Paper;
  print(lines: readonly string[]): void;
  lines: ReturnType<typeof multiLine>;
  history: History;
  speak(text: string): Promise<void>;
  prompt(): void;
}

/** Until the person leaves. */
async function conversing(it: Conversing): Promise<void> {
  const { editor, print, paper, lines, prompt } = it;
  let leaving = false;
  for await (const act of editor.acts) {
    if (act.kind === "end") return;
    if (act.kind === "interrupt") {
      if (act.typed || lines.open) lines.drop();
      else if (leaving) return;
      else {
        leaving = true;
        await interrupt(it).catch((error: unknown) => print(problemLines(error, paper())));
      }
      prompt();
      continue;
    }
    leaving = false;
    if (await heard(act, it)) return;
    prompt();
  }
}

/** `true`: the person wants to leave. A refusal is shown, and the talk goes on. */
async function heard(act: Extract<LineAct, { kind: "line" }>, it: Conversing): Promise<boolean> {
  const { lines, history, print, paper, editor } = it;
  await history.add(act.text);
  const message = lines.feed(act.text);
  if (message === undefined || message.trim() === "") return false;
  const spoken = understood(message);
  try {
    if (spoken.kind === "command") return await performSlash(spoken.name, spoken.rest, it);
    if (spoken.kind === "words") await it.speak(spoken.text);
    else {
      const { typed, meant } = spoken;
      print([meant === undefined ? say("chat.unknown", { typed }) : say("chat.did_you_mean", { typed, meant })]);
    }
  } catch (error) {
    print(problemLines(error, paper()));
    // It was not said: what was typed is not lost.
    if (spoken.kind === "words" && !message.includes("\n")) editor.put(message);
  }
  return false;
}

function problemLines(error: unknown, paper: Paper): string[] {
  if (!(error instanceof Failure)) throw error;
  return failureLines(failureRecord(error), paper);
}

async function interrupt({ talk, context, by, print, paper }: Conversing): Promise<void> {
  const { style } = paper();
  if (!talk.busy()) return print([style.dim(say("chat.again_leaves"))]);
  const session = talk.session();
  if (session === undefined) return print([style.dim(say("chat.starting"))]);
  print([style.dim(say("chat.interrupting"))]);
  await context.client.call("session.interrupt", { session, by });
}

/** The talk's end is asked for, and waited for as long as anybody would. */
async function ended(
  it: Talk,
  following: Promise<void>,
  over: AbortController,
  { editor, print }: Pick<Conversing, "editor" | "print">,
): Promise<void> {
  if (it.now()?.state.ended) return following;
  editor.ask("");
  print([say("chat.ending")]);
  await it.end();
  const limit = new Promise<void>((resolve) => {
    setTimeout(resolve, END_MS).unref();
  });
  await Promise.race([following, limit]);
  over.abort();
}

async function farewell(
  it: Talk,
  { client }: CommandContext,
  notes: CommandContext["out"]["notes"],
): Promise<ExitCode> {
  const { view, state } = it.now() ?? {};
  if (!view || !state) return EXIT_FAILED;
  const run = shortId(view.id);
  const changes = await changesOf(client, view.id);
  const files = changes ? changes.files : 0;
  notes((paper) => [
    ...(state.ended?.failure ? failureLines(state.ended.failure, paper) : []),
    state.ended ? say("chat.ended", { run, turns: it.turns(), cost: it.cost() }) : say("chat.still_ending"),
    ...(files > 0 ? [say("chat.left_changes", { run, files, path: view.worktree ?? "" })] : []),
  ]);
  return state.ended?.status === "failed" ? EXIT_FAILED : 0;
}

function choicesOf({ definitions }: CommandContext, repo: string, here: string): Choices {
  const named = async (kind: "personas" | "templates"): Promise<string[]> =>
    (await (await definitions())[kind].list(repo)).good.map(({ value }) => referenceOf(value));
  return {
    personas: () => named("personas"),
    templates: () => named("templates"),
    files: async (folder) =>
      (await readdir(resolve(here, folder), { withFileTypes: true }).catch(() => []))
        .filter(({ name }) => name !== ".git")
        .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
        .sort(),
  };
}
