/** What is asked of the keyring's program, and what it answers. */
import { z } from "zod";
import { KEYRING_TROUBLES } from "../../domain/secret.ts";

export type KeyringRequest =
  | { ask: "all" }
  | { ask: "set"; name: string; value: string }
  | { ask: "delete"; name: string };

export const KeyringAnswer = z.union([
  z.strictObject({ found: z.record(z.string(), z.string()) }),
  z.strictObject({ trouble: z.enum(KEYRING_TROUBLES), said: z.string() }),
]);
export type KeyringAnswer = z.infer<typeof KeyringAnswer>;
