/** Keeps and deletes keys, and has the daemon look at them anew. */

import { Failure } from "../domain/failure.ts";
import { nearest } from "../domain/nearest.ts";
import { SecretName, type SecretSource } from "../domain/secret.ts";
import { say } from "../messages/say.ts";
import type { CommandContext } from "./command.ts";
import type { KeyChest } from "./compose.ts";

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

export async function keep(
  name: string,
  value: string,
  { secrets }: Pick<KeyChest, "secrets">,
  { running }: CommandContext,
): Promise<KeptKey> {
  const source = await secrets.keep(name, value);
  await tell(running);
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
  { secrets }: Pick<KeyChest, "secrets">,
  { running, env, out }: CommandContext,
): Promise<number> {
  const from = await secrets.drop(name);
  await tell(running);
  if (from.length === 0 && !env[name]) throw new Failure("key.not_found", { name });
  const places = from.map((source) => say(`place.${source}`)).join(", ");
  out.show({ name, deletedFrom: from, inEnvironment: Boolean(env[name]) }, () => [
    ...(from.length > 0 ? [say("keys.deleted", { name, places })] : []),
    ...(env[name] ? [say("keys.in_environment", { name })] : []),
  ]);
  return 0;
}

/** A daemon that runs has read the keys already. */
async function tell(running: CommandContext["running"]): Promise<void> {
  await (await running())?.call("keys.changed", {});
}
