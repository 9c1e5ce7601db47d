/** Keeps and deletes keys, and has the daemon look at them anew. */

import { Failure } from "../domain/failure.ts";
import type { KeyChange } from "../domain/key-change.ts";
import { nearest } from "../domain/nearest.ts";
import { SecretName, type SecretSource } from "../domain/secret.ts";
import { say } from "../messages/say.ts";
import { type CommandContext, whoAsks } from "./command.ts";
import type { KeyChest } from "./compose/offers.ts";

/** The name of a provider's key; throws `Failure` where there is no such provider, or it needs none. */
export function providerCalled(
  provider: string,
  { providers }: Pick<KeyChest, "providers">,
): { name: string; provider: KeyChest["providers"][string] } {
  const known = Object.keys(providers);
  const found = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  if (!found) {
    const meant = nearest(provider, known);
    const suggestion = meant ? `; did you mean ${meant}?` : "";
    throw new Failure("provider.not_found", { provider, suggestion, providers: known.join(", ") });
  }
  if (found.key === undefined) throw new Failure("provider.needs_no_key", { provider });
  return { name: found.key, provider: found };
}

export function nameTyped(name: string): string {
  const checked = SecretName.safeParse(name);
  if (checked.success) return name;
  throw new Failure("usage.invalid", { problem: `${name}: ${checked.error.issues[0]?.message ?? ""}` });
}

export interface KeptKey {
  name: string;
  source: SecretSource;
  end?: string;
  /** What is looked at first, and has another. */
  hiddenBy?: SecretSource;
}

/** `provider`: whose key it is, where somebody logs in. */
export async function keep(
  name: string,
  value: string,
  chest: Pick<KeyChest, "secrets" | "record">,
  context: CommandContext,
  provider?: string,
): Promise<KeptKey> {
  const { secrets } = chest;
  const source = await secrets.keep(name, value);
  await tell({ what: "kept", name, places: [source], ...(provider !== undefined && { provider }) }, chest, context);
  const { secrets: all } = await secrets.list();
  const { end, hiddenBy } = all.find((one) => one.name === name && one.source === source) ?? {};
  return { name, source, ...(end !== undefined && { end }), ...(hiddenBy && { hiddenBy }) };
}

export function keptLines({ name, source, end, hiddenBy }: KeptKey): string[] {
  const ends = end === undefined ? "" : ` (…${end})`;
  return [
    say("login.done", { name, place: say(`place.${source}`), end: ends }),
    ...(hiddenBy ? [say("login.hidden", { name })] : []),
  ];
}

/** Deletes it wherever it is kept, and says where that was. */
export async function dropped(
  name: string,
  chest: Pick<KeyChest, "secrets" | "record">,
  context: CommandContext,
  provider?: string,
): Promise<number> {
  const { env, out } = context;
  const from = await chest.secrets.drop(name);
  if (from.length > 0)
    await tell(
      { what: "deleted", name, places: [...from], ...(provider !== undefined && { provider }) },
      chest,
      context,
    );
  if (from.length === 0 && !env[name]) throw new Failure("key.not_found", { name });
  const places = from.map((source) => say(`place.${source}`)).join(", ");
  out.show({ name, deletedFrom: from, inEnvironment: Boolean(env[name]) }, () => [
    ...(from.length > 0 ? [say("keys.deleted", { name, places })] : []),
    ...(env[name] ? [say("keys.in_environment", { name })] : []),
  ]);
  return 0;
}

/** A daemon that runs has read the keys already, and is who writes the audit record. */
async function tell(
  done: Omit<KeyChange, "by">,
  { record }: Pick<KeyChest, "record">,
  { running, env, out }: CommandContext,
): Promise<void> {
  const change = { ...done, by: whoAsks(env) };
  const daemon = await running();
  if (daemon) await daemon.call("keys.changed", { change });
  else if (!(await record(change))) out.note(say("keys.not_recorded"));
}
