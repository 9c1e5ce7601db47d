/**
 * What must be true of a run that was played to its end and deleted, as its log, its agents' own journal, the ledger, git, the
 * processes and the disk tell it. What a log alone can break is in `invariants.ts`, and was looked at event by event.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import type { EventOf, RunEvent } from "../../../src/domain/event.ts";
import { isThere } from "../../support/alive.ts";
import { databaseOf } from "../../support/log-file.ts";
import type { World } from "../../support/world.ts";
import type { Played } from "./play.ts";
import { backupOf, SAID, type Stage, type StoryName, UNCOMMITTED } from "./stories.ts";

/** What is written under another name first, and only there in between. */
const TEMPORARY = /\.tmp$|\.new$|\.part$|devflow-tmp$|\.removing$|\.aside-\d+$|^paste-/;

export interface ChargedBefore {
  charged: bigint;
}

export async function left(stage: Stage, story: StoryName, played: Played, before: ChargedBefore): Promise<string[]> {
  const { w, server } = stage;
  const of = <T extends RunEvent["type"]>(type: T): EventOf<T>[] =>
    played.log.flatMap(({ event }) => (event.type === type ? [event as EventOf<T>] : []));
  const ids = [played.run, ...of("session.opening").map(({ session }) => session)];
  return [
    ...accepted(of),
    ...(await prompted(stage, of)),
    ...artifacts(w, of),
    ...(story === "talks" ? spoken(w, of) : []),
    ...money(w, played.run, server ? server.charged() - before.charged : 0n),
    ...worktree(w, story, played.run),
    ...terminals(w),
    ...processes(ids),
    ...files(w, ids),
  ];
}

type Of = <T extends RunEvent["type"]>(type: T) => EventOf<T>[];

function accepted(of: Of): string[] {
  const phases = of("run.started")[0]?.template.phases ?? [];
  const times = phases.map(({ id }) => ({
    id,
    times: of("phase.accepted").filter(({ phase }) => phase === id).length,
  }));
  const wrong = times.filter((one) => one.times !== 1).map((one) => `${one.id} was accepted ${one.times} times`);
  return [...wrong, ...(of("run.completed").length === 1 ? [] : ["the run is not completed once"])];
}

/** Each prompt that the log says was sent, its agent has taken once; and agents were told nothing else. */
async function prompted({ w, server }: Stage, of: Of): Promise<string[]> {
  const sent = of("prompt.sending");
  const delivered = new Set(of("prompt.delivered").map(({ key }) => key));
  if (server) {
    const said = server.requests.at(-1)?.body.messages.filter(({ role }) => role === "user") ?? [];
    return said.length === sent.length ? [] : [`a model was prompted ${said.length} times, not ${sent.length}`];
  }
  const taken = (await w.prompts()).map(({ session, sha256 }) => `${session} ${sha256}`);
  const wrong = sent.flatMap(({ key, session, sha256 }) => {
    const times = taken.filter((one) => one === `${session} ${sha256}`).length;
    return times === 1 || (times === 0 && !delivered.has(key)) ? [] : [`${key} was taken ${times} times`];
  });
  const known = new Set(sent.map(({ session, sha256 }) => `${session} ${sha256}`));
  return [
    ...wrong,
    ...taken.filter((one) => !known.has(one)).map((one) => `an agent was told what is in no log: ${one}`),
  ];
}

function artifacts({ home }: World, of: Of): string[] {
  const kept = (sha256: string): string => join(home, "data", "artifacts", `${sha256}.json`);
  return of("phase.accepted")
    .filter(({ artifact }) => !existsSync(kept(artifact.sha256)))
    .map(({ phase }) => `the artifact of ${phase} is lost`);
}

/** Each turn was answered, and the record of the talk has all of it. */
function spoken({ home }: World, of: Of): string[] {
  const [accepted] = of("phase.accepted");
  const file = join(home, "data", "artifacts", `${accepted?.artifact.sha256}.json`);
  const { turns = [] } = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { turns?: { answered?: string; how: string }[] })
    : {};
  const whole =
    turns.length === SAID.length &&
    turns.every(({ answered, how }, at) => how === "answered" && answered?.includes(SAID[at] ?? ""));
  return whole ? [] : [`of the talk is recorded: ${JSON.stringify(turns)}`];
}

/** Nothing is reserved any more, what scopes count is what their entries come to, and what was charged is booked. */
function money({ home }: World, run: string, charged: bigint): string[] {
  const database = new Database(databaseOf(home), { readonly: true }).defaultSafeIntegers();
  const sum = (sql: string, ...params: string[]): bigint =>
    BigInt(
      (database.prepare(`SELECT coalesce(sum(${sql}), 0) AS n FROM ${params.shift()}`).get(...params) as { n: bigint })
        .n,
    );
  try {
    const open = sum("1", "spending WHERE reserved IS NOT NULL");
    const reserved = sum("reserved", "spending_scopes");
    const booked = sum("amount", "spending WHERE run = ?", run);
    const counted = sum("booked", "spending_scopes WHERE kind = 'run' AND name = ?", run);
    return [
      ...(open > 0n ? [`${open} reservations are open`] : []),
      ...(reserved !== 0n ? [`${reserved} is reserved for nothing`] : []),
      ...(counted !== booked ? [`the run's scope counts ${counted}, its entries come to ${booked}`] : []),
      ...(booked < charged ? [`${charged} was charged, and ${booked} is booked`] : []),
    ];
  } finally {
    database.close();
  }
}

function worktree(w: World, story: StoryName, run: string): string[] {
  const list = w.git("worktree", "list", "--porcelain").match(/^worktree /gm) ?? [];
  const refs = w.git("for-each-ref", "--format=%(refname)").trim().split("\n");
  const here = readdirSync(join(w.home, "data", "worktrees"));
  const wip = `refs/devflow/wip/${run}`;
  const found = [
    ...(list.length === 1 ? [] : [`git knows ${list.length - 1} worktrees`]),
    ...here.map((name) => `data/worktrees/${name} is there`),
    ...(refs.includes(`refs/heads/devflow/${run}`) ? [] : ["the run's branch is lost"]),
    ...refs.filter((ref) => ref.startsWith("refs/devflow/marks/")).map((ref) => `${ref} is there`),
    ...(w.git("status", "--porcelain", "--", ".", ":(exclude)devflow").trim() === ""
      ? []
      : ["the user's checkout was touched"]),
  ];
  if (story !== "line") return refs.includes(wip) ? [...found, "something was saved that was not there"] : found;
  const saved = refs.includes(wip) ? w.git("show", `${wip}:${UNCOMMITTED.file}`) : "";
  return saved === UNCOMMITTED.text ? found : [...found, "uncommitted work is lost"];
}

/** Panes, holders, and what belongs to them. */
function terminals({ home }: World): string[] {
  const socket = join(home, "run", "t", "t.sock");
  const panes = existsSync(socket) ? panesOf(socket) : [];
  const entries = (...path: string[]): string[] =>
    existsSync(join(home, ...path)) ? readdirSync(join(home, ...path)).map((name) => join(...path, name)) : [];
  return [
    ...panes.map((pane) => `the pane of ${pane} is there`),
    ...[...entries("run", "p"), ...entries("state", "pty")].map((path) => `${path} is there`),
  ];
}

function panesOf(socket: string): string[] {
  try {
    const list = ["-S", socket, "list-panes", "-a", "-F", "#{@devflow_session}"];
    return execFileSync("tmux", list, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .split("\n")
      .filter(Boolean);
  } catch {
    return []; // its server has ended
  }
}

/** Processes that carry the mark of the run or of its sessions. Only Linux tells what others have in their environment. */
export function processes(marks: readonly string[]): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const told = `${readOr(`/proc/${pid}/environ`)}\0${readOr(`/proc/${pid}/cmdline`)}`;
      const command = readOr(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
      return marks.some((mark) => told.includes(mark)) && isThere(Number(pid))
        ? [`process ${pid} runs: ${command}`]
        : [];
    });
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

/** Nothing that is named after the run or one of its sessions, and nothing that is only there while something is written. */
function files(w: World, ids: readonly string[]): string[] {
  const all = [w.home, dirname(backupOf(w)), w.env.TMPDIR ?? ""].filter(
    (folder) => folder !== "" && existsSync(folder),
  );
  return all.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => ids.some((id) => path.includes(id)) || TEMPORARY.test(path.split("/").at(-1) ?? ""))
      .map((path) => `${path} is left`),
  );
}
