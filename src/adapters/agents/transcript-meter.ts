/**
 * Meters a session in a terminal by the transcript that its agent writes, or that its server tells. What is read is told under a number that
 * follows from the transcript, so that it may be told again; which one that is, is kept for whoever takes the session over. Without a
 * transcript nothing is told.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { AgentProfile } from "../../domain/agent-profile.ts";
import type { Served } from "../../domain/conversation.ts";
import { madeAt } from "../../domain/ids.ts";
import { markOf } from "../../domain/prompt.ts";
import { byEnd, countLine, mayCount, NOTHING_COUNTED } from "../../domain/transcript-usage.ts";
import type { TranscriptUsage } from "../../domain/usage-rule.ts";
import type { AgentNews, AgentSpec, Prompt } from "../../ports/agent.ts";
import { asking } from "./agent-server.ts";
import { findTranscript } from "./conversations.ts";
import { eventLines, type Lines } from "./event-lines.ts";
import type { Environment } from "./installed.ts";
import { findServed, servedMessages } from "./served-conversation.ts";

const KNOWN = "transcript.json";

/** What is known of the transcript: the file, or what a server calls it, or until it is found what has to stand in it. */
const Known = z.union([
  z.object({ file: z.string() }),
  z.object({ conversation: z.string() }),
  z.object({ marks: z.array(z.string()) }),
]);
type Known = z.infer<typeof Known>;

export interface TranscriptMeter {
  /** It is about to be told this: what its transcript is known by. */
  prompted(prompt: Prompt): void;
  /** Tells what has come since the last time. Never rejects: what cannot be read is not known. */
  read(): Promise<void>;
}

export interface MeterDeps {
  spec: Pick<AgentSpec, "session" | "run" | "continues">;
  profile: AgentProfile;
  env: Environment;
  /** The session's own folder, which outlives the daemon. */
  folder: string;
}

type Report = Extract<AgentNews, { kind: "usage" }>;

/** Undefined where the agent's transcripts say nothing of what it used, or are nowhere. */
export function transcriptMeter(deps: MeterDeps, tell: (news: Report) => void): TranscriptMeter | undefined {
  const { spec, folder } = deps;
  const since = madeAt(spec.session);
  const transcript = transcriptOf(deps, since);
  if (!transcript) return undefined;
  const before = spec.continues ? [spec.continues.mark] : [];
  let known: Known | undefined;
  let counted = NOTHING_COUNTED;
  let told = 0;
  let newest: string | undefined;
  /** One after the other: each goes on where the one before it came to. */
  let busy: Promise<void> = recall().catch(() => {});

  const after = (next: () => Promise<void>): Promise<void> => {
    busy = busy.then(next).catch(() => {});
    return busy;
  };

  async function recall(): Promise<void> {
    const text = await readFile(join(folder, KNOWN), "utf8").catch(() => undefined);
    if (text !== undefined) known = Known.safeParse(JSON.parse(text)).data;
  }

  async function keep(now: Known): Promise<void> {
    known = now;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, KNOWN);
    await writeFile(`${file}.new`, JSON.stringify(now), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  const isFound = (): boolean => known !== undefined && !("marks" in known);

  async function find(): Promise<void> {
    const marks = known && "marks" in known ? known.marks : before;
    const found = marks.length > 0 && !isFound() && (await transcript?.find(marks));
    if (found) await keep(found);
  }

  return {
    prompted: ({ key, task, file }) => {
      // A prompt that is held is offered again and again.
      if (!task || key === newest) return;
      newest = key;
      // One that goes as a file stands in the transcript by its name alone.
      const marks = [...before, markOf({ ...task, run: spec.run }), file];
      void after(async () => {
        if (!isFound()) await keep({ marks });
      });
    },
    read: () =>
      after(async () => {
        await find();
        if (!known || "marks" in known) return;
        const { rule, whole } = transcript;
        if (whole) counted = NOTHING_COUNTED;
        await transcript.read(known, (line) => {
          const { counted: now, report } = countLine(rule, counted, line, since);
          counted = now;
          if (!report || now.reports <= told) return;
          told = now.reports;
          tell({ kind: "usage", usage: report, nth: told });
        });
      }),
  };
}

interface Transcript {
  rule: TranscriptUsage;
  /** Each reading begins at its beginning. */
  whole: boolean;
  /** The one that has one of these in it. */
  find(marks: readonly string[]): Promise<Known | undefined>;
  read(known: Known, take: (line: unknown) => void): Promise<unknown>;
}

function transcriptOf({ profile, env, folder }: MeterDeps, since: number): Transcript | undefined {
  const { conversations, events } = profile;
  if (!conversations) return undefined;
  if ("list" in conversations) {
    const { served } = conversations;
    return served && events?.server && servedTranscript(folder, events.server, served, since);
  }
  const rule = conversations.usage;
  if (!rule) return undefined;
  let lines: Lines<unknown> | undefined;
  return {
    rule,
    whole: false,
    find: async (marks) => {
      const file = await findTranscript({ profile, env, marks }, since);
      return file === undefined ? undefined : { file };
    },
    read: async (known, take) => {
      if (!("file" in known)) return;
      lines ??= eventLines(known.file, (line) => mayCount(rule, line));
      await lines.read(take);
    },
  };
}

function servedTranscript(folder: string, at: { user: string }, served: Served, since: number): Transcript {
  const rule = served.usage;
  return {
    rule,
    whole: true,
    find: async (marks) => {
      const server = await asking(folder, at);
      const conversation = server && (await findServed(server, served, marks, since));
      return conversation === undefined ? undefined : { conversation };
    },
    read: async (known, take) => {
      const server = await asking(folder, at);
      if (!server || !("conversation" in known)) return;
      for (const line of byEnd(rule, (await servedMessages(server, served, known.conversation)) ?? [])) take(line);
    },
  };
}
