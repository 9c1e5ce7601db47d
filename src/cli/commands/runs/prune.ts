/** devflow runs prune: removes what is kept of runs that ended long ago. */
import { Failure } from "../../../domain/failure.ts";
import { Duration, milliseconds } from "../../../domain/names.ts";
import { say } from "../../../messages/say.ts";
import type { RunSummary } from "../../../protocol/run-methods.ts";
import { type CommandContext, defineCommand, whoAsks, wholeNumber } from "../../command.ts";
import { deletedLine } from "../../show/deleted.ts";
import { saysYes } from "../../yes.ts";

const OLDER_THAN = "30d";
const KEEP = "10";
/** The most that one list gives; there are more when it is full. */
const PAGE = 1_000;

export default defineCommand<{ olderThan?: string; keep?: string; yes?: true }>({
  name: "prune",
  summary: "runs.prune.summary",
  about: "runs.delete.about",
  options: {
    "--older-than <duration>": "runs.prune.older",
    "--keep <n>": "runs.prune.keep",
    "-y, --yes": "runs.prune.yes",
  },
  examples: ["devflow runs prune", "devflow runs prune --older-than 7d --keep 20 --yes"],
  async run({ olderThan = OLDER_THAN, keep = KEEP, yes }, context) {
    const { client, out, terminal, env } = context;
    const before = Date.now() - age(olderThan);
    const kept = wholeNumber(keep, "--keep", { least: 0, most: PAGE - 1 });
    const { runs } = await client.call("run.list", { limit: PAGE, active: false });
    const old = runs.slice(kept).filter(({ endedAt }) => endedAt !== undefined && endedAt < before);
    if (old.length > 0 && !yes) await confirmed(old, context);
    const deleted = [];
    for (const { id } of old) deleted.push(await client.call("run.delete", { run: id, by: whoAsks(env) }));
    if (terminal.canDraw && deleted.length === 0) out.note(say("runs.prune.none"));
    out.show(deleted, (all) => all.map(deletedLine));
    return 0;
  },
});

function age(typed: string): number {
  const read = Duration.safeParse(typed);
  if (read.success) return milliseconds(read.data);
  throw new Failure("usage.invalid", {
    problem: say("typed.older_than", { typed }),
  });
}

/** Without somebody to ask, `--yes` has to say it. */
async function confirmed([newest, ...more]: readonly RunSummary[], { terminal }: CommandContext): Promise<void> {
  if (!newest) return;
  if (!terminal.canAsk)
    throw new Failure("usage.needs_terminal", { command: "runs prune", hint: say("typed.say_yes") });
  const ended = new Date(newest.endedAt ?? 0).toISOString().slice(0, 10);
  const question = say("runs.prune.question", { count: more.length + 1, newest: `${newest.id} (${ended})` });
  if (!saysYes(await terminal.ask(`${question} [y/N] `))) throw new Failure("input.declined");
}
