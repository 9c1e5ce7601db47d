/** The kinds of trouble that an agent can be in, and how one is told of. What they are and what helps is in `trouble.ts`. */
import { z } from "zod";

export const Trouble = z.enum([
  "rate_limited",
  "login_required",
  "provider",
  "network",
  "overloaded",
  "context_full",
  "repeating",
]);
export type Trouble = z.infer<typeof Trouble>;

/** What an agent's screen, stream or hooks say of it. */
export const TroubleSaid = z.strictObject({ kind: Trouble, said: z.string().max(500) });
export type TroubleSaid = z.infer<typeof TroubleSaid>;
