/** Keys as they may be shown, and why a place of keys cannot be used. */
import type { SecretView } from "../../domain/secret.ts";
import { say } from "../../messages/say.ts";
import type { StoreTrouble } from "../compose/offers.ts";
import type { Paper } from "../style.ts";
import { rowsTable } from "./rows.ts";
import { ago } from "./times.ts";

export const keysTable = (keys: readonly SecretView[], paper: Paper): string[] =>
  keys.length === 0
    ? [say("keys.list.none")]
    : rowsTable(
        keys,
        [
          { title: say("table.key"), paint: () => "bold", text: ({ name }) => name },
          { title: say("table.place"), text: ({ source }) => say(`place.${source}`) },
          { title: say("table.ends"), text: ({ end }) => (end === undefined ? "" : `…${end}`) },
          {
            title: say("table.kept"),
            text: ({ storedAt }) => (storedAt === undefined ? "" : ago(storedAt, paper.now)),
          },
          {
            title: say("table.note"),
            shrink: true,
            paint: () => "dim",
            text: ({ hiddenBy }) => (hiddenBy ? say("keys.hidden_by", { place: say(`place.${hiddenBy}`) }) : ""),
          },
        ],
        paper,
      );

export const troubleLine = ({ trouble, said }: StoreTrouble): string => say(`keyring.${trouble}`, { said });
