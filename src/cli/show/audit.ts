/** A line of the audit record, as people read it. */
import type { AuditLine } from "../../domain/audit.ts";
import { say } from "../../messages/say.ts";
import type { Paper } from "../style.ts";
import { cut, oneLine, padded } from "../table.ts";
import { shortId } from "./ids.ts";
import { moment } from "./times.ts";

const KIND_COLUMNS = 10;
/** Narrower than this, what was done stands under when that was. */
const ROOM_FOR_ALL = 80;
/** Long numbers that only programs compare. */
const LEFT_OUT = new Set(["sha256", "argsSha256", "resultSha256", "templateHash", "baseCommit", "call"]);

export function auditLine({ seq, at, kind, what, by, run, about }: AuditLine, { style, columns }: Paper): string[] {
  const details = Object.entries(about)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(" ") : shown(name, value)}`);
  const said = [what, ...(by === undefined ? [] : [say("audit.by", { by })]), ...details].join("  ");
  if (columns < ROOM_FOR_ALL)
    return [
      style.dim(`${String(seq).padStart(6)}  ${moment(at)}  ${run === undefined ? "" : shortId(run)}`.trimEnd()),
      cut(`        ${kind}  ${oneLine(said)}`, columns),
    ];
  const head = `${String(seq).padStart(6)}  ${moment(at)}  ${padded(kind, KIND_COLUMNS)}  ${run === undefined ? "" : shortId(run)}  `;
  return [`${style.dim(head)}${cut(oneLine(said), Math.max(20, columns - head.length))}`];
}

const shown = (name: string, value: unknown): string =>
  name === "session" || name === "escalation" ? shortId(String(value)) : String(value);
