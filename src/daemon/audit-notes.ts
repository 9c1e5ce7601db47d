/** What is done with secrets and limits outside of any run: lines of the audit record that no event tells of. */
import type { AuditFact } from "../domain/audit.ts";
import { type KeyChange, keyFact } from "../domain/key-change.ts";
import type { AuditLog } from "../ports/audit.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";

export interface AuditNotes {
  keyChanged(change: KeyChange): void;
  /** A secret was given to `about`, or used for it. */
  secret(what: "given" | "used", name: string, about: AuditFact["about"]): void;
  /** The same, written down once for each name and purpose of this daemon's life: it would be said with every request. */
  usedFor(purpose: string, find: (name: string) => Promise<string | undefined>): typeof find;
  budgetSet(about: AuditFact["about"], by: string): void;
}

export function auditNotes({
  audit,
  clock,
  journal,
}: {
  audit: Pick<AuditLog, "append">;
  clock: Pick<Clock, "now">;
  journal: Journal;
}): AuditNotes {
  const said = new Set<string>();
  /** What was done is done: a disk that is full must not make it fail. */
  function write(fact: AuditFact): void {
    try {
      audit.append([fact]);
    } catch (error) {
      journal.error("a line of the audit record could not be written", { ...fact, error: String(error) });
    }
  }
  const secret: AuditNotes["secret"] = (what, name, about) =>
    write({ at: clock.now(), kind: "secret", what, about: { name, ...about } });
  return {
    keyChanged: (change) => write(keyFact(change, clock.now())),
    secret,
    usedFor: (purpose, find) => async (name) => {
      const value = await find(name);
      const mark = `${purpose}/${name}`;
      if (value !== undefined && !said.has(mark)) secret("used", name, { for: purpose });
      if (value !== undefined) said.add(mark);
      return value;
    },
    budgetSet: (about, by) => write({ at: clock.now(), kind: "budget", what: "set", by, about }),
  };
}
