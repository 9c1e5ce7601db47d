/** Agents: which there are, one in full, and what is said of a recorded one over time. */
import type { AgentProfile } from "../../domain/agent-profile.ts";
import type { Compared, Label } from "../../domain/labels.ts";
import { inRange } from "../../domain/version-range.ts";
import { say } from "../../messages/say.ts";
import type { Installed, Moment, ProfileFile } from "../compose/offers.ts";
import type { Paper } from "../style.ts";
import { factLines } from "./facts.ts";
import { rowsTable } from "./rows.ts";

export interface AgentRow extends Installed, Pick<ProfileFile, "source" | "origin"> {
  name: string;
  title: string;
  checked: readonly string[];
  versions?: string | undefined;
}

/** Narrower than this, its name says enough. */
const ROOM_FOR_TITLE = 100;

export const agentsTable = (all: readonly AgentRow[], paper: Paper): string[] =>
  all.length === 0
    ? [say("definitions.none")]
    : rowsTable(
        all,
        [
          { title: say("table.agent"), paint: () => "bold", text: ({ name }) => name },
          { title: say("table.version"), text: versionOf },
          { title: say("table.login"), text: loginOf },
          { title: say("table.from"), paint: () => "dim", text: ({ origin }) => say(`origin.${origin}`) },
          { title: say("table.description"), needs: ROOM_FOR_TITLE, shrink: true, text: ({ title }) => title },
        ],
        paper,
      );

function versionOf({
  program,
  version,
  checked,
  versions,
}: Omit<AgentRow, "name" | "title" | "source" | "origin">): string {
  if (program === undefined) return say("agents.missing");
  if (version === undefined) return say("agents.login_unknown");
  const outside = versions !== undefined && !inRange(versions, version);
  const word = checked.includes(version) ? "agents.checked" : outside ? "agents.other_version" : "agents.made_for";
  return `${version} (${say(word)})`;
}

const loginOf = ({ program, loggedIn }: Installed): string =>
  program === undefined
    ? ""
    : say(loggedIn === undefined ? "agents.login_unknown" : loggedIn ? "agents.logged_in" : "agents.logged_out");

export function agentDetails(shown: AgentProfile & Installed & Omit<ProfileFile, "value">, paper: Paper): string[] {
  const { interactive, headless, env } = shown;
  const line = (args: AgentProfile["interactive"]["args"] | undefined): string => (args ?? []).flat().join(" ");
  const facts: [string, string][] = [
    [say("fact.program"), shown.program ?? say("agents.missing")],
    [say("fact.version"), versionOf(shown)],
    [say("fact.login"), loginOf(shown)],
    [say("fact.install"), shown.install],
    [say("fact.family"), shown.family],
    [say("fact.launch"), line(interactive.args)],
    [say("fact.resume"), line(interactive.resume)],
    [say("fact.headless"), line(headless?.args)],
    [
      say("fact.variables_set"),
      Object.entries(env.set)
        .map(([name, value]) => `${name}=${value}`)
        .join(" "),
    ],
    [say("fact.env"), env.pass.join(", ")],
    [say("fact.dialogs"), interactive.dialogs.map(({ id, policy }) => say("agents.dialog", { id, policy })).join(", ")],
    [say("fact.keys"), `${interactive.interrupt.join(" ")} · ${interactive.quit.join(" ")}`],
    [say("fact.transcripts"), shown.transcripts ?? ""],
    [say("fact.source"), `${shown.source} (${say(`origin.${shown.origin}`)})`],
  ];
  return [`${paper.style.bold(shown.name)}  ${paper.style.dim(shown.title)}`, "", ...factLines(facts, paper)];
}

export interface Replayed {
  moments: readonly Moment[];
  labels: readonly (Label & { result: Compared })[];
  summary: { labels: number; right: number; wrong: number; falseReady: number };
}

interface Line {
  at: number;
  state: string;
  why: string;
  result?: Compared;
}

/** Verdicts and labels, as they came. A label stands under the verdict that it is compared with. */
export function replayLines({ moments, labels, summary }: Replayed, paper: Paper): string[] {
  const { style } = paper;
  const said = moments.map(
    ({ at, state, evidence, dialog, failed }): Line => ({
      at,
      state: [state, dialog && `(${dialog.id}: ${dialog.policy})`, failed && `(${failed.cause})`]
        .filter(Boolean)
        .join(" "),
      why: evidence.map((one) => `${one.source}: ${one.said.trim()}`).join(" · "),
    }),
  );
  const seen = labels.map(
    ({ at, state, result }): Line => ({ at, state: "", why: `${say("table.label")} ${state}: ${result}`, result }),
  );
  const rows = [...said, ...seen].sort((a, b) => a.at - b.at);
  const paint = ({ result }: Line) => (result === undefined ? undefined : result === "right" ? "green" : "red");
  const lines = rowsTable(
    rows,
    [
      { title: say("table.time"), text: ({ at }) => (at / 1_000).toFixed(2) },
      { title: say("table.state"), text: ({ state }) => state },
      { title: say("table.evidence"), shrink: true, text: ({ why }) => why },
    ],
    paper,
  );
  const painted = lines.map((line, at) => {
    const tone = at === 0 ? undefined : paint(rows[at - 1] ?? { at: 0, state: "", why: "" });
    return tone === undefined ? line : style[tone](line);
  });
  if (summary.labels === 0) return painted;
  const { right, falseReady } = summary;
  return [
    ...painted,
    "",
    say("agents.right", { right, labels: summary.labels }),
    ...(falseReady > 0 ? [style.red(say("agents.false_ready", { count: falseReady }))] : []),
  ];
}
