/** Asks for agreement to what devflow does on this machine, once, and again when that has changed. */
import { CONSENT_VERSION, type ConsentState } from "../domain/consent.ts";
import { Failure } from "../domain/failure.ts";
import { say } from "../messages/say.ts";
import { placesHere } from "../protocol/here.ts";
import { type CommandContext, whoAsks } from "./command.ts";
import { consentLines } from "./show/consent.ts";
import { saysYes } from "./yes.ts";

type Context = Pick<CommandContext, "consent" | "terminal" | "out" | "env" | "now">;

/** Before a run. Where nobody can be asked it goes on with a remark, unless the settings refuse that. */
export async function agreed(context: Context, { ask }: { ask: boolean }): Promise<void> {
  const { consent, terminal, out } = context;
  const state = await consent.state();
  if (state.kind === "given") return;
  if (ask && terminal.canAsk && !out.json) return askedFor(state, context);
  if (await consent.required()) throw new Failure("consent.required");
  if (!out.json) out.note(say("consent.note"));
}

/** Throws `input.declined` unless they agree. */
export async function askedFor(state: ConsentState, context: Context): Promise<void> {
  const { terminal, out, consent, env, now } = context;
  showTerms(state, context);
  const answer = await terminal.ask(`\n${say("init.agree")} `);
  if (!saysYes(answer)) throw new Failure("input.declined");
  await consent.give({ version: CONSENT_VERSION, at: now(), by: whoAsks(env), how: "asked" });
  out.note("");
}

export function showTerms(state: ConsentState, { out, env }: Context): void {
  const { data, state: records } = placesHere(env as NodeJS.ProcessEnv);
  out.notes((paper) => consentLines(state, { data, state: records }, paper));
}
