/** What each command of a talk does. */
import { Failure } from "../../domain/failure.ts";
import { referenceOf } from "../../domain/names.ts";
import { say } from "../../messages/say.ts";
import { type CommandContext, personAsks } from "../command.ts";
import { usdTyped } from "../dollars.ts";
import { budgetLines } from "../show/budget.ts";
import { personasTable } from "../show/definitions.ts";
import { shortId } from "../show/ids.ts";
import { runsTable } from "../show/runs-table.ts";
import { costsLines } from "../show/spending.ts";
import type { Paper } from "../style.ts";
import type { LineEditor } from "../terminal.ts";
import { helpLines } from "./lines.ts";
import type { Slash } from "./slash.ts";
import type { Talk } from "./talk.ts";

export interface SlashContext {
  talk: Talk;
  editor: LineEditor;
  context: CommandContext;
  repo: string;
  by: string;
  paper(): Paper;
  print(lines: readonly string[]): void;
}

/** `true`: the person wants to leave. */
export async function performSlash(name: Slash, rest: string, it: SlashContext): Promise<boolean> {
  await SLASHES[name](rest, it);
  return name === "quit";
}

const NEWEST_RUNS = 10;

const SLASHES: Record<Slash, (rest: string, it: SlashContext) => Promise<void>> = {
  help: async (_, { print, paper }) => print(helpLines(paper())),
  quit: async () => {},
  async agent(rest, it) {
    if (rest === "") {
      const shelf = await (await it.context.definitions()).personas.list(it.repo);
      return it.print(personasTable(shelf.good, it.paper()));
    }
    await choose({ persona: rest }, it);
  },
  async model(rest, it) {
    if (rest !== "") return choose({ model: rest }, it);
    const persona = Object.values(it.talk.now()?.state.started?.bindings ?? {})[0]?.persona;
    if (!persona) return;
    const model = persona.model ?? say("chat.model_own");
    it.print([say("chat.model_now", { persona: referenceOf(persona), model })]);
  },
  async clear(_, { talk, editor, context, by, print }) {
    if (talk.busy()) throw new Failure("talk.busy");
    const session = talk.session();
    if (session !== undefined) await context.client.call("session.restart", { session, by });
    editor.clear();
    print([say("chat.cleared")]);
  },
  async undo(_, { talk, context, by, print, paper }) {
    const { turn, files } = await context.client.call("talk.undo", { run: talk.run, by });
    print([
      say(files === 0 ? "chat.undone_nothing" : "chat.undone", { turn, files }),
      ...(files === 0 ? [] : [paper().style.dim(say("chat.undo_forgets_not"))]),
    ]);
  },
  async stats(_, { talk, context, print, paper }) {
    print(costsLines(await context.client.call("spending.run", { run: talk.run }), paper()));
  },
  async budget(rest, { talk, context, by, print, paper }) {
    const { client } = context;
    if (rest === "") return print(budgetLines(await client.call("budget.show", { run: talk.run }), paper()));
    const usd = usdTyped(rest, "/budget");
    await client.call("budget.set", { scope: "run", name: talk.run, usd, by });
    print([say("chat.budget_set", { usd })]);
  },
  async runs(_, { context, print, paper }) {
    const { runs } = await context.client.call("run.list", { limit: NEWEST_RUNS });
    print(runsTable(runs, paper()));
  },
  async run(rest, { context, repo, print }) {
    const [, template, goal = ""] = /^(\S+)\s+([\s\S]+)$/.exec(rest) ?? [];
    if (template === undefined) throw new Failure("usage.invalid", { problem: say("chat.run_usage") });
    const { run } = await context.client.call("run.start", { template, goal, repo });
    print([say("chat.run_started", { run: shortId(run) })]);
  },
  async approve(rest, it) {
    await approve(rest, it);
  },
  async attach(_, it) {
    await attach(it);
  },
};

async function choose(choice: { persona?: string; model?: string }, { talk, context, by, print }: SlashContext) {
  const { persona, model } = await context.client.call("talk.choose", { run: talk.run, ...choice, by });
  const named = choice.model !== undefined && model !== undefined;
  print([named ? say("chat.chosen_model", { persona, model }) : say("chat.chosen", { persona })]);
}

/** First what the agent of this talk asks; then the run that is named. */
async function approve(rest: string, { talk, context, print }: SlashContext): Promise<void> {
  const { client, env } = context;
  const by = personAsks(env);
  const words = rest.split(/\s+/).filter((word) => word !== "");
  const no = words[0] === "no";
  const [run] = no ? words.slice(1) : words;
  if (run !== undefined) {
    const said = no
      ? await client.call("run.reject", { run, comment: "/approve no", by })
      : await client.call("run.approve", { run, by });
    return print([say(no ? "chat.refused" : "chat.approved", { phase: said.phase, run: shortId(said.run) })]);
  }
  const { escalations } = await client.call("escalation.list", { run: talk.run });
  const open = escalations.findLast(({ settledAt }) => settledAt === undefined);
  if (!open) {
    const { runs } = await client.call("run.list", { limit: NEWEST_RUNS, status: "waiting" });
    return print(
      runs.length === 0
        ? [say("chat.nothing_to_approve")]
        : runs.map(({ id, goal }) => `/approve ${shortId(id)}  ${goal.split("\n")[0]}`),
    );
  }
  const fits = open.answers.find((answer) => (no ? NO : YES).has(answer));
  if (!fits) return print([say("chat.answer_elsewhere")]);
  const { answer } = await client.call("escalation.answer", { escalation: open.id, answer: fits, by });
  print([say("chat.answered", { answer })]);
}

const YES: ReadonlySet<string> = new Set(["allow", "retry"]);
const NO: ReadonlySet<string> = new Set(["deny", "stop", "cancel"]);

async function attach({ talk, editor, context, print }: SlashContext): Promise<void> {
  const { client, terminal, env } = context;
  const id = talk.session();
  const session = id === undefined ? undefined : (await client.call("session.show", { session: id })).session;
  const how = session?.attach;
  if (!how || "transcript" in how) return print([say("chat.no_terminal")]);
  // Inside the user's own tmux, another server's session is no nesting: TMUX would only make tmux refuse.
  const { TMUX: _, ...rest } = env;
  await editor.aside(async () => {
    if ("socket" in how) await terminal.viewPty(how.socket, false);
    else await terminal.handOver(how.argv, rest);
  });
}
