/** The audit record, and what is noted in it that no event tells. */
import { auditLog } from "../../adapters/audit/audit-log.ts";
import { auditAnchor } from "../../domain/places.ts";
import type { AuditLog } from "../../ports/audit.ts";
import { type AuditNotes, auditNotes } from "../audit-notes.ts";
import type { Surroundings } from "./surroundings.ts";

export function record({ places, journal, clock }: Pick<Surroundings, "places" | "journal" | "clock">): {
  audit: AuditLog;
  notes: AuditNotes;
} {
  const audit = auditLog({
    directory: places.data,
    anchor: auditAnchor(places),
    onProblem: (problem) => journal.warn("audit", { problem }),
  });
  return { audit, notes: auditNotes({ audit, clock, journal }) };
}
