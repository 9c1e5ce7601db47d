/**
 * The turns of one headless session, in order: found again in its folder, prepared, started.
 *
 * Q1. A prompt's turn is named by the hash of its key, so that a key has one turn, before and after a restart.
 * Q2. A turn that was refused before it began (login, limit) has taken nothing: it alone is tried again under its key.
 */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type AgentProfile, goesByFile, launchArgs } from "../../domain/agent-profile.ts";
import type { HeadlessProfile } from "../../domain/headless-turn.ts";
import { utf8Bytes } from "../../domain/text.ts";
import type { AgentSpec, Prompt } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import { pointer } from "./delivery.ts";
import type { Turn } from "./headless-turn.ts";
import type { Environment } from "./installed.ts";
import { type SecretOf, sessionEnv } from "./session-env.ts";
import { type TurnFiles, type TurnRecord, type TurnResult, turnFiles } from "./turn-files.ts";
import { startTurn } from "./turn-wrapper.ts";

/** Linux takes no argument over 128 KiB: a larger prompt goes as a file. */
const MAX_ARGUMENT_BYTES = 100_000;

/** A turn of this session; one that was over before this daemon came is only remembered. */
export type KnownTurn = Pick<Turn, "record" | "files" | "result" | "verdict"> & { turn?: Turn };

export interface TurnsDeps {
  folder: string;
  spec: AgentSpec;
  profile: AgentProfile;
  headless: HeadlessProfile;
  program(profile: AgentProfile): Promise<string>;
  env: Environment;
  secretOf?: SecretOf;
  clock: Clock;
  follow(files: TurnFiles, record: TurnRecord): Promise<Turn>;
  /** The conversation of the session whose place it takes. */
  before?: TurnRecord["continues"];
}

export interface Turns {
  load(): Promise<void>;
  all(): readonly KnownTurn[];
  of(key: string): KnownTurn | undefined;
  newest(): KnownTurn | undefined;
  /** The newest turn while it is not over. */
  current(): Turn | undefined;
  /** A new turn for this prompt, prepared and followed, not started. */
  create(prompt: Prompt): Promise<Turn>;
  start(turn: Turn, prompt: Prompt): Promise<void>;
}

export function sessionTurns(deps: TurnsDeps): Turns {
  const { folder, spec, profile, headless, clock, follow } = deps;
  const turns = new Map<string, KnownTurn>();
  const pathOf = (key: string): string => join(folder, nameOf(key));
  const inOrder = (): KnownTurn[] => [...turns.values()].sort((a, b) => a.record.number - b.record.number);
  const newest = (): KnownTurn | undefined => inOrder().at(-1);

  function remember(turn: Turn): Turn {
    const { record, files, result, verdict } = turn;
    turns.set(record.key, { record, files, result, verdict, turn });
    return turn;
  }

  /** The conversation that the next turn can go on with. */
  function conversation(): TurnRecord["continues"] {
    const last = headless.resume && inOrder().findLast((one) => one.result()?.conversation !== undefined);
    return continuing(last?.result()) ?? deps.before;
  }

  const asTold = (prompt: Prompt): string => (goesByFile(headless, prompt.text) ? pointer(prompt) : prompt.text);

  return {
    load: async () => {
      for (const name of await readdir(folder)) {
        const files = turnFiles(join(folder, name));
        const record = await files.record();
        // Without a record nothing was started; a name that is not its key's was set aside.
        if (!record || nameOf(record.key) !== name) continue;
        const result = await files.result();
        if (!result) remember(await follow(files, record));
        else turns.set(record.key, { record, files, result: () => result, verdict: () => result.verdict });
      }
    },
    all: inOrder,
    of: (key) => turns.get(key),
    newest,
    current: () => {
      const turn = newest()?.turn;
      return turn && !turn.result() ? turn : undefined;
    },
    create: async (prompt) => {
      const { key } = prompt;
      const last = newest();
      const over = last?.result();
      const limited = over?.verdict.state === "rate_limited";
      const continues = conversation();
      const record = {
        key,
        number: (last?.record.number ?? 0) + 1,
        at: clock.now(),
        reportsBefore: (last?.record.reportsBefore ?? 0) + (over?.reports.length ?? 0),
        limitsBefore: limited ? (last?.record.limitsBefore ?? 0) + 1 : 0,
        ...(continues && { continues }),
      };
      await turns.get(key)?.files.setAside();
      const files = turnFiles(pathOf(key));
      await files.create();
      await files.prepare(record, asTold(prompt));
      return remember(await follow(files, record));
    },
    start: async (turn, prompt) => {
      const { continues } = turn.record;
      const wanted = (continues && headless.resume) || headless.args;
      const { persona, cwd } = spec;
      const args = launchArgs(wanted, { cwd, model: persona.model, args: persona.args, ...continues });
      const asArgument = headless.prompt === "argument";
      const text = utf8Bytes(prompt.text) > MAX_ARGUMENT_BYTES ? pointer(prompt) : asTold(prompt);
      const argv = [await deps.program(profile), ...args, ...(asArgument ? [text] : [])];
      const env = await sessionEnv(spec, profile, deps.env, deps.secretOf);
      const stdin = asArgument ? "nothing" : "prompt";
      startTurn({ folder: pathOf(prompt.key), argv, cwd, env, stdin }, turn.wrapperEnded);
    },
  };
}

const nameOf = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 32);

const continuing = ({ conversation, total }: Partial<TurnResult> = {}): TurnRecord["continues"] =>
  conversation === undefined ? undefined : { conversation, ...(total && { total }) };

/** The conversation that a session which is gone had come to, by the turns in its folder. */
export async function conversationIn(folder: string): Promise<TurnRecord["continues"]> {
  const names = await readdir(folder).catch(() => []);
  const turns = await Promise.all(
    names.map(async (name) => {
      const files = turnFiles(join(folder, name));
      return { number: (await files.record())?.number ?? 0, result: await files.result() };
    }),
  );
  const told = turns.filter(({ result }) => result?.conversation !== undefined);
  return continuing(told.sort((a, b) => a.number - b.number).at(-1)?.result);
}
