/** Performs one command whose arguments are understood, and turns however it ends into an exit code. */
import { Failure, failureRecord } from "../domain/failure.ts";
import { speak } from "../messages/say.ts";
import type { Client } from "./client.ts";
import { type Command, EXIT_INTERRUPTED, type ExitCode } from "./command.ts";
import { lazyClient } from "./lazy-client.ts";
import { createOut, type Out } from "./out.ts";
import type { World } from "./world.ts";

/** Longer than a command needs to say where it stopped; after it, what it waits for is left alone. */
const GRACE_AFTER_INTERRUPT_MS = 2_000;

export async function perform(
  command: Command,
  { input, start }: { input: Record<string, unknown>; start: boolean },
  world: World,
  out: Out,
): Promise<ExitCode> {
  const client = lazyClient(() => world.connect({ start, note: out.note }));
  const { terminal, cwd, env, now, signal, definitions, agents, keys, ground, consent, bell } = world;
  let found: Promise<Client | undefined> | undefined;
  const running = (): Promise<Client | undefined> => {
    found ??= world.connect({ start: false, note: out.note }).catch(nobodyThere);
    return found;
  };
  try {
    const ran = command.run(input, {
      client,
      running,
      revive: async () => (await world.connect({ start, note: () => {} })).close(),
      definitions,
      agents,
      keys,
      ground,
      consent,
      bell,
      out,
      terminal,
      cwd,
      env,
      now,
      signal,
    });
    const code = await Promise.race([ran, interrupted(signal)]);
    return code ?? (signal.aborted ? EXIT_INTERRUPTED : 0);
  } finally {
    client.close();
    found?.then(
      (it) => it?.close(),
      () => undefined,
    );
  }
}

function nobodyThere(error: unknown): undefined {
  if (error instanceof Failure && error.code === "daemon.unreachable") return undefined;
  throw error;
}

/** What was done, or the failure that ended it, said as the caller wants it; the world is closed in both cases. */
export async function concluded(
  argv: readonly string[],
  world: World,
  action: (out: Out) => Promise<ExitCode>,
): Promise<ExitCode> {
  const out = createOut({ json: argv.includes("--json"), ...world });
  try {
    await speak(out.json ? "en" : world.language());
    return await action(out);
  } catch (error) {
    if (world.signal.aborted) return EXIT_INTERRUPTED;
    const failure = asFailure(error);
    out.error(failureRecord(failure));
    if (failure.code === "internal" && world.env.DEVFLOW_DEBUG && error instanceof Error) out.note(error.stack ?? "");
    return failure.exit;
  } finally {
    await world.close();
  }
}

const asFailure = (error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure("internal", { problem: error instanceof Error ? error.message : String(error) }, { cause: error });

/** Settles some time after Ctrl-C, for a command that does not end by itself. */
const interrupted = (signal: AbortSignal): Promise<ExitCode> =>
  new Promise((resolve) => {
    signal.addEventListener(
      "abort",
      () => void setTimeout(() => resolve(EXIT_INTERRUPTED), GRACE_AFTER_INTERRUPT_MS).unref(),
      { once: true },
    );
  });
