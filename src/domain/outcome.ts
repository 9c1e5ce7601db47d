/** What performing a step, or a person, can tell a run. `decide` says what follows from it. */
import type { Accepted, Violation } from "./artifact.ts";
import type { CrossingFact, Policy } from "./budget.ts";
import type { RunEvent, TurnEnd } from "./event.ts";
import type { FailureRecord } from "./failure.ts";
import type { EscalationId, SessionId } from "./ids.ts";
import type { Did } from "./model-call.ts";
import type { PermissionAnswer, Permitted } from "./permission.ts";
import type { Persona } from "./persona.ts";
import type { Counter } from "./recovery.ts";
import type { Verdict } from "./session.ts";
import type { KeptTrouble } from "./trouble.ts";
import type { Usage } from "./usage.ts";

export type Outcome =
  | { kind: "started" }
  | { kind: "workspace"; path: string; branch: string; commit: string }
  | { kind: "impossible"; failure: FailureRecord }
  | { kind: "delivered"; phase: string; attempt: number; key: string; session: SessionId; receipt: EvidenceList }
  | { kind: "good"; phase: string; attempt: number; artifact: Accepted; command?: CommandEnd }
  | { kind: "bad"; phase: string; attempt: number; violations: readonly Violation[]; sha256: string | undefined }
  | {
      kind: "trouble";
      phase: string;
      attempt: number;
      session: SessionId;
      counter: Counter;
      cause: string;
      escalation: EscalationId;
    }
  | { kind: "lost"; phase: string; attempt: number; session: SessionId; cause: string; escalation: EscalationId }
  | { kind: "timeout"; phase: string; attempt: number }
  | { kind: "failed"; phase: string; attempt: number; failure: FailureRecord; command?: CommandEnd }
  | { kind: "ended"; phase: string; attempt: number }
  | { kind: "closed"; session: SessionId; cause: string }
  | {
      kind: "told";
      session: SessionId;
      what: Told;
      by: string;
      escalation: EscalationId;
      sha256?: string;
      bytes?: number;
    }
  | { kind: "usage"; session: SessionId; nth: number; usage: Usage }
  /** A call under an earlier daemon that was settled since. */
  | { kind: "settled"; session: SessionId; phase?: string; usage: Usage }
  | { kind: "crossed"; session: SessionId; phase?: string; crossing: CrossingFact; escalation: EscalationId }
  /** A call that had to wait for its budget is made. */
  | { kind: "afforded"; session: SessionId }
  /** A call is not made, and its phase cannot go on without it. */
  | { kind: "refused"; session: SessionId; phase?: string; failure: FailureRecord }
  | { kind: "budget"; usd: string; policy: Policy; by: string }
  | { kind: "answer"; escalation: EscalationId; answer: "allow" | "stop"; by: string }
  /** A person has answered what an agent asks permission for; it is still to be pressed. */
  | { kind: "permit"; escalation: EscalationId; answer: PermissionAnswer; by: string }
  | { kind: "permitted"; session: SessionId; permission: EscalationId; result: Permitted; escalation: EscalationId }
  /** A person says something in a talk; the words are kept already. */
  | { kind: "say"; key: string; sha256: string; bytes: number; by: string }
  | {
      kind: "turn";
      phase: string;
      attempt: number;
      number: number;
      how: TurnEnd;
      sha256?: string;
      failure?: FailureRecord;
    }
  | { kind: "undone"; number: number; files: number; by: string }
  | { kind: "bound"; role: string; persona: Persona; hash: string; by: string }
  | { kind: "end talk"; by: string }
  | { kind: "did"; session: SessionId; nth: number; did: Did }
  | { kind: "verdict"; session: SessionId; verdict: Verdict; escalation: EscalationId; trouble?: KeptTrouble }
  | { kind: "reported"; json: string; markdown: string; sha256: string }
  | { kind: "deleted"; by: string; wip?: string }
  | { kind: "approve" | "reject"; phase: string | undefined; by: string; comment?: string }
  | { kind: "cancel"; by: string; comment?: string }
  | { kind: "resume"; by: string; cause: string; retry: boolean; from?: string }
  | { kind: "interrupt"; cause: string };

/** How the command ended whose result this is. */
export type CommandEnd = Pick<Extract<RunEvent, { type: "command.finished" }>, "exitCode" | "durationMs">;

type EvidenceList = Extract<RunEvent, { type: "prompt.delivered" }>["receipt"];

export type Told = Extract<RunEvent, { type: "session.told" }>["what"];

/** One kind of outcome. */
export type OutcomeOf<K extends Outcome["kind"]> = Extract<Outcome, { kind: K }>;
