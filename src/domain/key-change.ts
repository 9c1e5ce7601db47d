/** A key that somebody has kept or deleted, as the daemon is told of it and the audit record says it: names, never values. */
import { z } from "zod";
import type { AuditFact } from "./audit.ts";
import { SECRET_SOURCES } from "./secret.ts";

export const KeyChange = z.strictObject({
  what: z.enum(["kept", "deleted"]),
  name: z.string().max(200).describe("The key's name, never the key"),
  places: z.array(z.enum(SECRET_SOURCES)).describe("Where it is now, or was"),
  provider: z.string().max(80).optional().describe("Whose key it is, where somebody has logged in or out"),
  by: z.string().max(200),
});
export type KeyChange = z.infer<typeof KeyChange>;

const SAID = { kept: "logged in", deleted: "logged out" } as const;

export const keyFact = ({ what, name, places, provider, by }: KeyChange, at: number): AuditFact =>
  provider === undefined
    ? { at, kind: "secret", what, by, about: { name, places } }
    : { at, kind: "login", what: SAID[what], by, about: { provider, name, places } };
