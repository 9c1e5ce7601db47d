/**
 * Whether a program can be started at all. Without files for its pipes Node gives back a child without streams and tells the error
 * later: whoever reaches for the streams first never hears it, and an error that nobody hears ends the daemon.
 */
import { closeSync, openSync } from "node:fs";
import { shortage } from "../../domain/system-problem.ts";

/** Three pipes with two ends each, the one by which the system tells of the start, and the program itself. */
const NEEDED = 8;

/** Throws `Failure` machine.out_of_files. To be called right before the start, in the same turn of the event loop. */
export function mustHaveFiles(): void {
  const open: number[] = [];
  try {
    while (open.length < NEEDED) open.push(openSync("/dev/null", "r"));
  } catch (error) {
    throw shortage(error) ?? error;
  } finally {
    for (const file of open) closeSync(file);
  }
}
