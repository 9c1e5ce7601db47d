/** Why the system refused something, in words: what Node says names its own calls, which tell a user nothing. */
import { Failure } from "./failure.ts";

const IN_WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "it is on a read-only file system",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ELOOP: "its symbolic links go in a circle",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
  EFBIG: "a file may not grow any more",
};

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

export const systemProblem = (error: unknown): string =>
  IN_WORDS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));

export const isDiskFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT", "SQLITE_FULL"].includes(codeOf(error));

/** The failure that an error of the system means when the machine has run out of something; undefined for all others. */
export function shortage(error: unknown): Failure | undefined {
  const code = codeOf(error);
  if (code === "EMFILE" || code === "ENFILE") return new Failure("machine.out_of_files", {}, { cause: error });
  if (code === "EFBIG") return new Failure("machine.file_limit", {}, { cause: error });
  const problem = error instanceof Error ? error.message : "";
  if ((code === "EAGAIN" || code === "ENOMEM") && /\bspawn\b/.test(problem))
    return new Failure("machine.no_processes", { problem: SHORT_OF[code] ?? code }, { cause: error });
  return undefined;
}

/**
 * What Node tells the pipes of a program that the system had no process for, apart from the error that its starter hears: they
 * lead nowhere, and nobody listens to them yet.
 */
export const isPipeToNothing = (error: unknown): boolean =>
  codeOf(error) === "ENOTCONN" && error instanceof Error && error.message.startsWith("read ");

const SHORT_OF: Readonly<Record<string, string>> = {
  EAGAIN: "the user has as many as are allowed",
  ENOMEM: "there is no memory left",
};
