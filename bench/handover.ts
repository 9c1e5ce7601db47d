/**
 * How long a hand-over takes: from the rename of an artifact into its place until the next phase's prompt stands in the next
 * agent's composer. The whole daemon in this process, git, SQLite, tmux and paper agents in panes; the bench itself is the
 * one that writes the artifacts. The baseline, in turns with it: the least that could do the same, which is a callback of
 * fs.watch and one paste of the same text over a bare control-mode client. On both sides the agent has just started.
 */
import { execFileSync } from "node:child_process";
import { watch } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parts } from "../src/daemon/compose.ts";
import type { ComposedDaemon } from "../src/daemon/parts.ts";
import type { EventOf, RunEvent } from "../src/domain/event.ts";
import { RunId } from "../src/domain/ids.ts";
import { placesFor } from "../src/domain/places.ts";
import { silent } from "../test/support/fakes.ts";
import { gitIn, writeIn } from "../test/support/repository.ts";
import { now, type PaneReader, paneReader, paperPane } from "./bare-tmux.ts";
import { type Figure, median } from "./figure.ts";

const MOST = 3;
/** Hand-overs of one run are one fewer. */
const PHASES = 12;
const RUNS = 3;
/** After the last event, for screens that are drawn and judged without one: nothing of before is to be measured. */
const CALM_MS = 150;
const SHOWN = "[Pasted text";
const root = join(import.meta.dirname, "..");

/** Works long enough to be measured, without a word, and then rests. */
const SCENARIO = { phases: { "*": [{ wait: 1_500 }] } };

export async function handoverBench(): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), "devflow-bench-"));
  const scenario = join(home, "scenario.json");
  await writeFile(scenario, JSON.stringify(SCENARIO));
  const env = {
    ...process.env,
    DEVFLOW_HOME: home,
    DEVFLOW_PAPER_AGENT: "1",
    PAPER_SCENARIO: scenario,
    PAPER_PACE: "0",
  };
  const places = placesFor({ env, platform: process.platform, uid: 0, home, tmp: tmpdir(), absolute: (path) => path });
  for (const path of [places.config, places.data, places.state, places.runtime]) await mkdir(path, { recursive: true });
  await writeIn(places.config, "templates/chain.yaml", chain());
  const repo = join(home, "repository");
  await mkdir(repo);
  gitIn(repo, "init", "--quiet", "--initial-branch=main");
  writeIn(repo, "README.md", "# Hello\n");
  gitIn(repo, "add", "-A");
  gitIn(repo, "commit", "--quiet", "-m", "Begin");

  const pane = await paperPane(join(home, "bare.sock"), env);
  const bareReader = await paneReader(join(home, "bare.sock"));
  const daemon = await parts.composeDaemon({ places, env, journal: silent });
  const times: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  try {
    await daemon.start();
    const artifact = JSON.parse(
      await readFile(join(root, "fixtures/artifacts/spec@1/valid-two-requirements.json"), "utf8"),
    ) as Record<string, unknown>;
    for (let n = 0; n < RUNS; n += 1) await oneRun({ daemon, home, repo, pane, bareReader, artifact, times });
  } finally {
    await daemon.close();
    await bareReader.end();
    await pane.end();
    killServer(join(places.runtime, "t", "t.sock"));
    await rm(home, { recursive: true, force: true });
  }
  const [ours, bare] = [median(times.ours), median(times.bare)];
  const value = ours / bare;
  return [
    {
      figure: "artifact in place → next prompt in the composer, p50, over fs.watch and one paste",
      value,
      bar: `≤ ${MOST}`,
      ok: value <= MOST,
      detail: `${ours.toFixed(1)} ms over ${bare.toFixed(1)} ms, ${times.ours.length} hand-overs; ${least(times.ours)} over ${least(times.bare)}`,
    },
  ];
}

const least = (times: number[]) =>
  times
    .toSorted((a, b) => a - b)
    .slice(0, 8)
    .map((n) => n.toFixed(1))
    .join(",");
interface Scene {
  daemon: ComposedDaemon;
  home: string;
  repo: string;
  pane: Awaited<ReturnType<typeof paperPane>>;
  /** Looks at that pane. */
  bareReader: PaneReader;
  artifact: Record<string, unknown>;
  times: { ours: number[]; bare: number[] };
}

async function oneRun({ daemon, home, repo, pane, bareReader, artifact, times }: Scene): Promise<void> {
  const roles = Object.fromEntries(Array.from({ length: PHASES }, (_, n) => [`role-${n}`, "paper-author@1"]));
  const { run } = await daemon.engine.start({ template: "chain", goal: GOAL, repo, bind: roles, commands: {} });
  const told = follow(daemon, RunId.parse(run));
  let reader: PaneReader | undefined;
  for (let n = 0; n + 1 < PHASES; n += 1) {
    const sending = await told.first("prompt.sending", ({ phase }) => phase === `phase-${n}`);
    await told.first("prompt.delivered", ({ phase }) => phase === `phase-${n}`);
    const { session } = await told.first("session.opening", ({ role }) => role === `role-${n + 1}`);
    const { key } = await told.first("session.opened", (event) => event.session === session);
    await told.first("session.changed", (event) => event.session === session && event.to === "ready");
    const text = await readFile(sending.file, "utf8");
    await pane.start();
    await pause(CALM_MS);
    times.bare.push(await bareHandover(home, pane, bareReader, text));
    await pause(CALM_MS);

    reader ??= await paneReader(join(home, "run", "t", "t.sock"));
    const place = /^Write the artifact to: (.+)$/m.exec(text)?.[1] ?? "";
    const made = join(home, "made.json");
    // Each its own, so that each has to be kept.
    await writeFile(made, JSON.stringify({ ...artifact, title: `Hand-over ${run} ${n}` }));
    const { seen } = await reader.looksFor(key.slice(key.lastIndexOf("%")), SHOWN);
    const from = now();
    await rename(made, place);
    times.ours.push((await seen) - from);
  }
  await reader?.end();
  await daemon.engine.cancel({ run, by: "bench" });
  await told.first("report.written", () => true);
  told.stop();
}

/** fs.watch, then one paste: the same text, into an agent of the same kind. */
async function bareHandover(
  home: string,
  { client, pane }: Scene["pane"],
  reader: PaneReader,
  text: string,
): Promise<number> {
  const folder = join(home, "watched");
  const [made, place, file] = [join(home, "made.json"), join(folder, "artifact.json"), join(home, "text")];
  await mkdir(folder, { recursive: true });
  await Promise.all([writeFile(made, "{}"), writeFile(file, text)]);
  const { seen } = await reader.looksFor(pane, SHOWN);
  const watcher = watch(folder, { persistent: false }, () => {
    watcher.close();
    client.send(`load-buffer -b bare ${file} ; paste-buffer -p -d -b bare -t ${pane}`);
  });
  const from = now();
  await rename(made, place);
  return (await seen) - from;
}

interface Told {
  /** The first event of this type that fits, past or future. */
  first<T extends RunEvent["type"]>(type: T, fits: (event: EventOf<T>) => boolean): Promise<EventOf<T>>;
  stop(): void;
}

function follow({ log }: ComposedDaemon, run: RunId): Told {
  const stopped = new AbortController();
  const past: RunEvent[] = [];
  const waiting = new Set<() => void>();
  void (async () => {
    for await (const { event } of log.follow(0, stopped.signal, run)) {
      past.push(event);
      for (const look of waiting) look();
    }
  })();
  return {
    first: <T extends RunEvent["type"]>(type: T, fits: (event: EventOf<T>) => boolean) =>
      new Promise<EventOf<T>>((resolve) => {
        const look = () => {
          const found = past.find((event): event is EventOf<T> => event.type === type && fits(event as EventOf<T>));
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    stop: () => stopped.abort(),
  };
}

const GOAL = "Say hello to whoever calls the program, in the language that their terminal is set to, and say it once.";

function chain(): string {
  const numbers = Array.from({ length: PHASES }, (_, n) => n);
  const phases = numbers.map((n) => ({
    id: `phase-${n}`,
    role: `role-${n}`,
    needs: n === 0 ? [] : [`phase-${n - 1}`],
    produces: { schema: "spec@1" },
    instructions: "Write what must hold, and nothing about how it is coded. Name things as the code names them.",
  }));
  const roles = Object.fromEntries(numbers.map((n) => [`role-${n}`, { requires: ["specify"] }]));
  // JSON is YAML.
  return JSON.stringify({ name: "chain", version: 1, description: "One phase after the other", roles, phases });
}

function killServer(socket: string): void {
  try {
    execFileSync("tmux", ["-S", socket, "kill-server"], { stdio: "ignore" });
  } catch {
    // It ended by itself.
  }
}
