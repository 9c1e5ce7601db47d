/** What devflow init has found and done. */
import type { ConsentState } from "../../domain/consent.ts";
import { say } from "../../messages/say.ts";
import type { Paper } from "../style.ts";
import { wrap } from "../text-width.ts";
import { day } from "./consent.ts";
import { factLines } from "./facts.ts";

export interface Found {
  git?: string;
  tmux?: string;
  agents: readonly { name: string; version?: string; loggedIn?: boolean }[];
  keys: readonly string[];
}

export interface InitResult {
  consent: ConsentState;
  consentFile: string;
  found: Found;
  settings: { kind: "written" | "declined"; path: string } | { kind: "kept"; path: string; leftOut: readonly string[] };
}

export function foundLines({ git, tmux, agents, keys }: Found, paper: Paper): string[] {
  const none = say("init.none");
  const agent = ({ name, version = "", loggedIn }: Found["agents"][number]): string => {
    const shown = `${name} ${version}`.trim();
    return loggedIn === false ? say("init.logged_out", { name: shown }) : shown;
  };
  return [
    paper.style.bold(say("init.found")),
    ...factLines(
      [
        ["git", git ?? say("init.not_here")],
        ["tmux", tmux ?? say("init.not_here")],
        [say("init.agents"), agents.map(agent).join(", ") || none],
        [say("init.keys"), keys.join(", ") || none],
      ],
      paper,
    ),
    "",
  ];
}

export function initLines({ consent, consentFile, settings }: InitResult, { columns }: Paper): string[] {
  const { path } = settings;
  const agreed =
    consent.kind === "given"
      ? [say("init.agreed_before", { by: consent.consent.by, day: day(consent.consent.at) })]
      : [];
  const texts = [
    ...agreed.map((text) => `${text} (${consentFile})`),
    ...(settings.kind === "written" ? [say("init.written", { path })] : []),
    ...(settings.kind === "declined" ? [say("init.not_written")] : []),
    ...(settings.kind === "kept"
      ? settings.leftOut.length === 0
        ? [say("init.complete", { path })]
        : [`${say("init.kept", { path })} ${settings.leftOut.join(", ")}.`]
      : []),
    "",
    say("init.next"),
  ];
  return texts.flatMap((text) => wrap(text, columns));
}
