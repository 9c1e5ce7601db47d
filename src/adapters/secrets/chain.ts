/** The places of secrets, one after the other: the first that has a name answers for it. */
import { Failure } from "../../domain/failure.ts";
import { endOf, type SecretSource, type SecretView, type StoredSecret } from "../../domain/secret.ts";
import { isTrouble, type SecretStore, type Secrets, type StoreTrouble } from "../../ports/secrets.ts";

export interface ChainOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Names that may be in the environment: others are not looked for there when secrets are listed. */
  names: readonly string[];
  /** In their order. */
  stores: readonly SecretStore[];
  /** Told each value before anybody gets it. */
  learn(value: string): void;
  now(): number;
}

interface Held {
  source: SecretStore["source"];
  secrets: Readonly<Record<string, StoredSecret>>;
  trouble?: StoreTrouble;
}

/** Such a place exists, and may hold what could not be seen. */
const MAY_HOLD: ReadonlySet<StoreTrouble["trouble"]> = new Set(["locked", "silent", "other", "file"]);

/** A keyring that could not be used is asked again after this time: somebody may have opened it. */
const TRY_AGAIN_MS = 60_000;

export function secretChain({ env, names, stores, learn, now }: ChainOptions): Secrets {
  let held: Promise<readonly Held[]> | undefined;
  let heldAt = 0;

  async function look(): Promise<readonly Held[]> {
    return Promise.all(
      stores.map(async (store): Promise<Held> => {
        const { source } = store;
        const answer = await store
          .all()
          .catch((error: unknown) => ({ trouble: "other" as const, said: String(error) }));
        if (isTrouble(answer)) return { source, secrets: {}, trouble: answer };
        for (const { value } of Object.values(answer)) learn(value);
        return { source, secrets: answer };
      }),
    );
  }
  async function holding(): Promise<readonly Held[]> {
    const before = held;
    if (before && (now() - heldAt < TRY_AGAIN_MS || (await before).every(({ trouble }) => trouble === undefined)))
      return before;
    heldAt = now();
    held = look();
    return held;
  }
  const forget = (): void => {
    held = undefined;
  };
  function fromEnvironment(name: string): string | undefined {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value) learn(value);
    return value || undefined;
  }

  return {
    async find(name) {
      const own = fromEnvironment(name);
      if (own !== undefined) return own;
      for (const { secrets } of await holding()) if (Object.hasOwn(secrets, name)) return secrets[name]?.value;
      return undefined;
    },
    async list() {
      const places = await holding();
      const own = names.flatMap((name) => {
        const value = fromEnvironment(name);
        return value === undefined ? [] : [{ name, source: "environment" as const, value }];
      });
      const kept = places.flatMap(({ source, secrets }) =>
        Object.entries(secrets).map(([name, secret]) => ({ name, source, ...secret })),
      );
      return {
        secrets: [...own, ...kept].map(viewOf).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
        troubles: places.flatMap(({ trouble }) => (trouble ? [trouble] : [])),
      };
    },
    async keep(name, value) {
      learn(value);
      const troubles: StoreTrouble[] = [];
      for (const store of stores) {
        const trouble = await store.set(name, { value, storedAt: now() });
        if (trouble) troubles.push(trouble);
        else {
          // One value of a name is enough: an older one in a later place would come back when this one is deleted.
          for (const later of stores.slice(stores.indexOf(store) + 1)) await later.delete(name);
          forget();
          return store.source;
        }
      }
      const [first] = troubles;
      const problem = troubles.map(({ said }) => said).join("; ") || "the settings allow no place";
      throw new Failure("key.no_store", { name, problem, trouble: first?.trouble ?? "off" });
    },
    async drop(name) {
      const had: SecretSource[] = [];
      let unseen: { source: SecretSource; problem: string } | undefined;
      for (const store of stores) {
        const all = await store.all();
        if (isTrouble(all)) {
          if (MAY_HOLD.has(all.trouble)) unseen ??= { source: store.source, problem: all.said };
          continue;
        }
        if (!Object.hasOwn(all, name)) continue;
        const trouble = await store.delete(name);
        if (trouble) throw new Failure("key.not_deleted", { name, source: store.source, problem: trouble.said });
        had.push(store.source);
      }
      forget();
      if (had.length === 0 && unseen) throw new Failure("key.not_deleted", { name, ...unseen });
      return had;
    },
    forget,
  };
}

function viewOf(
  { name, source, value, storedAt }: StoredSecret & { name: string; source: SecretSource },
  at: number,
  all: readonly { name: string; source: SecretSource }[],
): SecretView {
  const end = endOf(value);
  const winner = all.find((one) => one.name === name);
  return {
    name,
    source,
    ...(end !== undefined && { end }),
    ...(storedAt !== undefined && { storedAt }),
    ...(winner && winner !== all[at] && { hiddenBy: winner.source }),
  };
}
