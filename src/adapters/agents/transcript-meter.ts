/**
 * Meters a session in a terminal by the transcript that its agent writes. What is read is told under a number that follows from the file, so
 * that it may be told again; which file that is, is kept for whoever takes the session over. Without a transcript nothing is told.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { AgentProfile } from "../../domain/agent-profile.ts";
import { madeAt } from "../../domain/ids.ts";
import { markOf } from "../../domain/prompt.ts";
import { countLine, mayCount, NOTHING_COUNTED } from "../../domain/transcript-usage.ts";
import type { AgentNews, AgentSpec, Prompt } from "../../ports/agent.ts";
import { findTranscript } from "./conversations.ts";
import { eventLines, type Lines } from "./event-lines.ts";
import type { Environment } from "./installed.ts";

const KNOWN = "transcript.json";

/** What is known of the transcript: the file, or until it is found what has to stand in it. */
const Known = z.union([z.object({ file: z.string() }), z.object({ marks: z.array(z.string()) })]);
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
export function transcriptMeter(
  { spec, profile, env, folder }: MeterDeps,
  tell: (news: Report) => void,
): TranscriptMeter | undefined {
  const { conversations } = profile;
  const rule = conversations && !("list" in conversations) ? conversations.usage : undefined;
  if (!rule) return undefined;
  const since = madeAt(spec.session);
  const before = spec.continues ? [spec.continues.mark] : [];
  let known: Known | undefined;
  let lines: Lines<unknown> | undefined;
  let counted = NOTHING_COUNTED;
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

  async function found(): Promise<string | undefined> {
    if (known && "file" in known) return known.file;
    const marks = known?.marks ?? before;
    if (marks.length === 0) return undefined;
    const file = await findTranscript({ profile, env, marks }, since);
    if (file !== undefined) await keep({ file });
    return file;
  }

  return {
    prompted: ({ key, task, file }) => {
      // A prompt that is held is offered again and again.
      if (!task || key === newest) return;
      newest = key;
      // One that goes as a file stands in the transcript by its name alone.
      const marks = [...before, markOf({ ...task, run: spec.run }), file];
      void after(async () => {
        if (!known || !("file" in known)) await keep({ marks });
      });
    },
    read: () =>
      after(async () => {
        const file = await found();
        if (file === undefined) return;
        lines ??= eventLines(file, (line) => mayCount(rule, line));
        await lines.read((line) => {
          const { counted: now, report } = countLine(rule, counted, line, since);
          counted = now;
          if (report) tell({ kind: "usage", usage: report, nth: now.reports });
        });
      }),
  };
}
