/** A process that takes events into the audit record as fast as it can, until it is killed. Arguments: directory, anchor, event log. */
import { auditLog } from "../../src/adapters/audit/audit-log.ts";
import { openEventLog } from "../../src/adapters/storage/sqlite-event-log.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { keepAuditTrail } from "../../src/daemon/audit-trail.ts";

const [directory = "", anchor = "", file = ""] = process.argv.slice(2);
const quiet = { info: () => {}, warn: () => {}, error: (message: string) => process.stderr.write(`${message}\n`) };
const audit = auditLog({ directory, anchor, onProblem: (problem) => process.stderr.write(`${problem}\n`) });
process.stdout.write("ready\n");
const log = openEventLog({ file });
await keepAuditTrail({ log, audit, clock: systemClock(), journal: quiet }, new AbortController().signal);
