/** What waits for something of the machine, as room on the disk or a tmux that answers: it is tried again, and nothing is given up for it. */
import { Failure } from "../domain/failure.ts";

/** Between two tries; a person who makes room does not wait longer for it to be noticed. */
export const HINDERED_AGAIN_MS = 5_000;

export const isHindrance = (error: unknown): error is Failure => error instanceof Failure && error.waits === true;
