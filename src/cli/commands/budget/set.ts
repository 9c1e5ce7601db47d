/** devflow budget set: limits what a run, each day, or each day of a persona may cost. */
import { Policy, type ScopeKind } from "../../../domain/budget.ts";
import { Failure } from "../../../domain/failure.ts";
import { say } from "../../../messages/say.ts";
import type { Result } from "../../../protocol/methods.ts";
import { defineCommand, oneOf, personAsks } from "../../command.ts";
import { usdTyped } from "../../dollars.ts";
import { shortId } from "../../show/ids.ts";

interface Input {
  usd: string;
  run?: string;
  day?: true;
  persona?: string;
  policy?: string;
}

export default defineCommand<Input>({
  name: "set",
  summary: "budget.set.summary",
  about: "budget.set.about",
  arguments: { "<usd>": "argument.usd" },
  options: {
    "--run <run>": "budget.set.run",
    "--day": "budget.set.day",
    "--persona <persona>": "budget.set.persona",
    "--policy <policy>": "budget.set.policy",
  },
  examples: [
    "devflow budget set --run 7K2MQX 5",
    "devflow budget set --day 20 --policy prompt",
    "devflow budget set --persona openrouter-deepseek-spec 2.50",
    "devflow budget set --day none",
  ],
  async run(input, { client, out, env, cwd }) {
    const { policy } = input;
    const done = await client.call("budget.set", {
      ...scopeOf(input),
      usd: input.usd === "none" ? "none" : usdTyped(input.usd, say("typed.a_budget")),
      ...(input.persona !== undefined && { repo: cwd }),
      ...(policy !== undefined && { policy: oneOf(policy, "--policy", Policy.options) }),
      by: personAsks(env),
    });
    out.show(done, () => [said(done)]);
    return 0;
  },
});

function scopeOf({ run, day, persona }: Input): { scope: ScopeKind; name?: string } {
  const wanted = [
    ...(run === undefined ? [] : [{ scope: "run" as const, name: run }]),
    ...(day ? [{ scope: "day" as const }] : []),
    ...(persona === undefined ? [] : [{ scope: "persona-day" as const, name: persona }]),
  ];
  const [only] = wanted;
  if (only && wanted.length === 1) return only;
  throw new Failure("usage.invalid", { problem: say("budget.set.one_scope") });
}

function said({ scope, name, limit }: Result<"budget.set">): string {
  const what = say(`budget.of.${scope}`, { name: scope === "run" ? shortId(name ?? "") : (name ?? "") });
  if (!limit) return say("budget.set.taken_away", { what });
  return say("budget.set.done", { what, usd: limit.usd, policy: say(`policy.${limit.policy}`) });
}
