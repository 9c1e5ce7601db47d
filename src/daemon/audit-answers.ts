/** What the daemon answers about the audit record. */
import type { AuditLog } from "../ports/audit.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { EngineApi } from "./engine-api.ts";
import { findRun } from "./run-answers.ts";

export function auditAnswers({
  audit,
  log,
}: {
  audit: AuditLog;
  log: EventLog;
}): Pick<EngineApi, "auditLines" | "auditVerify"> {
  return {
    auditLines: async ({ after, limit, run }) => {
      const { lines, seen } = await audit.read({ after, limit, ...(run !== undefined && { run: findRun(log, run) }) });
      return { lines: [...lines], seen };
    },
    auditVerify: async () => {
      const { problems, ...proof } = await audit.verify();
      return { ...proof, whole: problems.length === 0, problems: [...problems] };
    },
  };
}
