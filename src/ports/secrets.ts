/** Secrets: where keys are kept, and the one way to get at them. */
import type { KeyringTrouble, SecretSource, SecretView, StoredSecret } from "../domain/secret.ts";

/**
 * One place that keeps secrets.
 *
 * - No call takes longer than the store's own limit, whatever happens in the world outside.
 * - `all` gives what is there, or why the store cannot be used: a store that is missing is an expected outcome.
 * - `set` replaces; `delete` of what is not there is fine. Both say why they could not, and have changed nothing then.
 */
export interface SecretStore {
  readonly source: Exclude<SecretSource, "environment">;
  all(): Promise<Readonly<Record<string, StoredSecret>> | StoreTrouble>;
  set(name: string, secret: StoredSecret): Promise<StoreTrouble | undefined>;
  delete(name: string): Promise<StoreTrouble | undefined>;
}

export interface StoreTrouble {
  trouble: KeyringTrouble | "file";
  /** What the system said. */
  said: string;
}

/**
 * All places together: the environment, then the keyring, then the file where the settings allow one.
 *
 * - `find` never fails: a place that cannot be used has no secrets. What the places hold is read once, and again after `forget`.
 * - Each value that is read is told to `learn` before anybody gets it, so that it is scrubbed from whatever is written.
 */
export interface Secrets {
  find(name: string): Promise<string | undefined>;
  list(): Promise<{ secrets: readonly SecretView[]; troubles: readonly StoreTrouble[] }>;
  /** Where it is kept now. Throws `Failure` `key.no_store` when no place takes it. */
  keep(name: string, value: string): Promise<SecretSource>;
  /** Where it was and is no more. Throws `Failure` `key.not_deleted` when a place has it and does not let go of it. */
  drop(name: string): Promise<readonly SecretSource[]>;
  /** What the places hold is looked at anew: somebody else has changed it. */
  forget(): void;
}

export const isTrouble = (answer: object | undefined): answer is StoreTrouble =>
  answer !== undefined && "trouble" in answer && "said" in answer;
