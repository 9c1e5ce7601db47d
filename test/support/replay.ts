/** Recorded screens of real agents, replayed to the moments whose state is known: what devflow would have seen then. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Terminal } from "@xterm/headless";
import type { Observation } from "../../src/domain/evidence.ts";
import { programStatus } from "../../src/domain/program-status.ts";

export interface Mark {
  t: number;
  state: string;
  note?: string;
}

export interface Recording {
  file: string;
  marks: readonly Mark[];
}

const FOLDER = fileURLToPath(new URL("../../fixtures/screens/", import.meta.url));

export const recordings = (agent: string, folder = FOLDER): Recording[] =>
  (JSON.parse(readFileSync(`${folder}/index.json`, "utf8")) as { casts: Recording[] }).casts.filter(({ file }) =>
    file.startsWith(`${agent}/`),
  );

type Event = [seconds: number, kind: string, data: string];

/** One observation for each mark of the recording. Times are milliseconds from its start. */
export async function replay({ file, marks }: Recording, folder = FOLDER): Promise<Observation[]> {
  const [head = "", ...lines] = readFileSync(`${folder}/${file}`, "utf8").trim().split("\n");
  const { width, height } = JSON.parse(head) as { width: number; height: number };
  const events = lines.map((line) => JSON.parse(line) as Event);
  const terminal = new Terminal({ cols: width, rows: height, allowProposedApi: true });
  const seen: { title: string; lastOutputAt: number; programStatus: Observation["programStatus"] } = {
    title: "",
    lastOutputAt: 0,
    programStatus: undefined,
  };
  terminal.onTitleChange((title) => {
    seen.title = title;
  });
  terminal.parser.registerOscHandler(7501, (text) => {
    const status = programStatus(text);
    if (status) seen.programStatus = { status, at: seen.lastOutputAt };
    return true;
  });

  const observations: Observation[] = [];
  let next = 0;
  for (const mark of marks) {
    for (; (events[next]?.[0] ?? Number.POSITIVE_INFINITY) <= mark.t; next += 1) {
      const [seconds, kind, data] = events[next] ?? [0, "", ""];
      if (kind === "o") {
        seen.lastOutputAt = seconds * 1_000;
        await new Promise<void>((resolve) => terminal.write(data, resolve));
      }
      if (kind === "r") {
        const [cols = width, rows = height] = data.split("x").map(Number);
        terminal.resize(cols, rows);
      }
    }
    observations.push({ screen: screenOf(terminal, seen.title), ...seen, now: mark.t * 1_000 });
  }
  return observations;
}

function screenOf(terminal: Terminal, title: string): Observation["screen"] {
  const { active } = terminal.buffer;
  const rows = Array.from(
    { length: terminal.rows },
    (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "",
  );
  return {
    rows: rows.map((row) => row.trimEnd()),
    cursor: { row: active.cursorY, col: active.cursorX, visible: true },
    title,
  };
}
