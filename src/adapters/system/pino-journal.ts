/**
 * The daemon's journal: one JSON line an entry in a file that is kept small, scrubbed of secrets.
 *
 * The file is written synchronously, so that the last words before a crash are in it, and it is cut in place when it is
 * full: the daemon's stderr is the same file, opened for appending, and must not go on into a renamed one.
 */
import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { pino, stdTimeFunctions } from "pino";
import type { Journal } from "../../ports/journal.ts";

/** Weeks of a busy daemon; with the one kept before it, 20 MiB at most. */
const MAX_BYTES = 10 * 1024 * 1024;

export interface JournalOptions {
  file: string;
  redact: (text: string) => string;
  /** Gets each line too: a daemon in the foreground shows what it does. */
  echo?: (line: string) => void;
  maxBytes?: number;
}

export function pinoJournal({ file, redact, echo, maxBytes = MAX_BYTES }: JournalOptions): Journal & { close(): void } {
  const fd = openSync(file, "a", 0o600);
  let bytes = fstatSync(fd).size;
  let open = true;

  const write = (raw: string) => {
    const line = redact(raw);
    echo?.(line);
    if (!open) return;
    try {
      if (bytes > maxBytes) {
        copyFileSync(file, `${file}.1`);
        ftruncateSync(fd, 0);
        bytes = 0;
      }
      bytes += writeSync(fd, line);
    } catch {
      // A full disk must not take the daemon down with its journal.
    }
  };

  const log = pino({ base: { pid: process.pid }, timestamp: stdTimeFunctions.isoTime }, { write });
  return {
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
