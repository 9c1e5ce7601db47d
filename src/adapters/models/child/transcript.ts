/** The transcript: what a person reads of the session, line by line, with secrets taken out and long texts cut. */
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import type { Redact } from "../../../domain/redact.ts";
import type { TranscriptLine } from "../session-protocol.ts";

/** Of one text; prompts and results can be long, and stand in files. */
const MOST_CHARACTERS = 4_000;
const MOST_BYTES = 20 * 1024 * 1024;

export interface Transcript {
  write(line: Omit<TranscriptLine, "at">): void;
  close(): void;
}

export function openTranscript(path: string, redact: Redact): Transcript {
  const file = openSync(path, "a", 0o600);
  let size = fstatSync(file).size;
  return {
    write(line) {
      if (size > MOST_BYTES) return;
      const text = shortened(redact(line.text));
      const full = `${JSON.stringify({ at: Date.now(), ...line, text })}\n`;
      size += writeSync(file, full);
      if (size <= MOST_BYTES) return;
      const end = {
        at: Date.now(),
        agent: line.agent,
        kind: "notice",
        text: "The transcript ends here: it is too long.",
      };
      writeSync(file, `${JSON.stringify(end)}\n`);
    },
    close: () => closeSync(file),
  };
}

function shortened(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  return `${text.slice(0, MOST_CHARACTERS)}… (${text.length - MOST_CHARACTERS} more characters)`;
}
