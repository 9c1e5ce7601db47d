/** devflow run: starts a run, shows how it goes, and ends as it ends. */
import { resolve } from "node:path";
import { Failure } from "../../domain/failure.ts";
import type { RunView } from "../../domain/view.ts";
import { say } from "../../messages/say.ts";
import { agreed } from "../agreement.ts";
import { bindings, commands } from "../assignments.ts";
import { changesOf } from "../changes.ts";
import {
  type CommandContext,
  defineCommand,
  EXIT_INTERRUPTED,
  EXIT_WAITING,
  type ExitCode,
  exitOfRun,
} from "../command.ts";
import { usdTyped } from "../dollars.ts";
import { readGoal } from "../goal.ts";
import { watchRun } from "../run-progress.ts";
import { shortId } from "../show/ids.ts";
import { outcomeLines } from "../show/outcome.ts";
import { previewLines } from "../show/preview.ts";
import { comeBackLines, waitLines } from "../show/remarks.ts";
import { saysYes } from "../yes.ts";

interface Input {
  template: string;
  goal?: string;
  repo?: string;
  base?: string;
  bind?: string[];
  command?: string[];
  idempotencyKey?: string;
  budgetUsd?: string;
  yes?: true;
  detach?: true;
  preview?: true;
}

export default defineCommand<Input>({
  name: "run",
  summary: "run.summary",
  about: "run.about",
  arguments: { "<template>": "argument.template" },
  options: {
    "--goal <text>": "run.goal",
    "--repo <dir>": "run.repo",
    "--base <branch>": "run.base",
    "--bind <role=persona>": { text: "run.bind", many: true },
    "--command <phase=command>": { text: "run.command", many: true },
    "--budget-usd <n>": "run.budget_usd",
    "--idempotency-key <key>": "run.idempotency_key",
    "-y, --yes": "run.yes",
    "-d, --detach": "run.detach",
    "--preview": "run.preview",
  },
  examples: [
    'devflow run spec-and-review --goal "Add a --json flag to the list command"',
    "devflow run implement-and-review --goal @goal.md --repo ../shop --bind reviewer=codex-reviewer",
    "devflow run spec-and-review --goal @goal.md --budget-usd 2.50",
    'devflow run implement-and-review --goal - --command "tests=npm run test:unit" < goal.md',
  ],
  async run(input, context) {
    const { client, out, terminal, cwd } = context;
    const request = {
      template: input.template,
      goal: await readGoal(input.goal, cwd, terminal),
      repo: resolve(cwd, input.repo ?? "."),
      ...(input.base !== undefined && { base: input.base }),
      bind: bindings(input.bind),
      commands: commands(input.command),
      ...(input.budgetUsd !== undefined && { budgetUsd: usdTyped(input.budgetUsd, "--budget-usd") }),
    };
    const preview = await client.call("run.preview", request);
    if (input.preview) {
      out.show(preview, previewLines);
      return 0;
    }
    await agreed(context, { ask: !input.yes });
    if (!out.json) out.notes((paper) => previewLines(preview, paper));
    if (!input.yes && !out.json && terminal.canAsk) await confirmed(context);
    const key = input.idempotencyKey;
    const started = await client.call("run.start", { ...request, ...(key !== undefined && { idempotencyKey: key }) });
    if (!out.json) {
      out.note("");
      out.note(say(started.created ? "run.started" : "run.started_before", { run: started.run }));
    }
    return input.detach ? detached(started.run, context) : followed(started.run, context);
  },
});

async function confirmed({ terminal }: CommandContext): Promise<void> {
  const answer = await terminal.ask(`\n${say("run.go_on")} `);
  if (!saysYes(answer)) throw new Failure("input.declined");
}

/** The run goes on without us; its state tells whether it already needs somebody. */
async function detached(run: string, { client, out }: CommandContext): Promise<ExitCode> {
  const view = await client.call("run.show", { run });
  out.show({ run, status: view.status }, () => [run]);
  if (!out.json) out.notes((paper) => [...waitLines(view, paper), ...comeBackLines(run, paper)]);
  return exitOfRun(view);
}

async function followed(run: string, context: CommandContext): Promise<ExitCode> {
  const { out, signal } = context;
  const { view, waits } = await watchRun(run, context);
  if (signal.aborted || !view) {
    if (!out.json) out.notes((paper) => ["", say("run.detached", { run: shortId(run) }), ...comeBackLines(run, paper)]);
    return EXIT_INTERRUPTED;
  }
  if (waits.length === 0) return ended(view, context);
  if (out.json) out.show(view, () => []);
  else out.notes((paper) => [...waitLines(view, paper), ...comeBackLines(view.id, paper)]);
  return EXIT_WAITING;
}

async function ended(view: RunView, { client, out }: CommandContext): Promise<ExitCode> {
  const changes = await changesOf(client, view.id);
  out.show({ ...view, ...(changes && { changes }) }, (_, paper) => outcomeLines(view, changes, paper));
  return exitOfRun(view);
}
