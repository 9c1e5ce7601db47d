/** The page that is shown before the first run. */
import type { ConsentState } from "../../domain/consent.ts";
import type { MessageKey } from "../../messages/en.ts";
import { say } from "../../messages/say.ts";
import type { Paper } from "../style.ts";
import { wrap } from "../text-width.ts";

const SECTIONS: readonly { title: MessageKey; texts: readonly MessageKey[] }[] = [
  { title: "consent.may.title", texts: ["consent.may.1", "consent.may.2"] },
  { title: "consent.data.title", texts: ["consent.data.1", "consent.data.2"] },
  { title: "consent.record.title", texts: ["consent.record.1"] },
];

/** Read, not searched: not wider than this. */
const WIDTH = 96;
const INDENT = "  ";

export const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

export function consentLines(
  state: ConsentState,
  places: { data: string; state: string },
  { style, columns }: Paper,
): string[] {
  const room = Math.min(columns, WIDTH) - INDENT.length;
  const changed =
    state.kind === "outdated" ? [say("consent.changed", { by: state.consent.by, day: day(state.consent.at) }), ""] : [];
  return [
    style.bold(say("consent.title")),
    "",
    ...changed,
    ...SECTIONS.flatMap(({ title, texts }, at) => [
      ...(at === 0 ? [] : [""]),
      style.bold(say(title)),
      ...texts.flatMap((text) => wrap(say(text, places), room).map((line) => INDENT + line)),
    ]),
  ];
}
