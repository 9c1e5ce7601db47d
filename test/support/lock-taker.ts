/** A process that takes the instance lock when it reads a line, says what came of it, and lives until its stdin ends. */
import { writeSync } from "node:fs";
import { takeInstanceLock } from "../../src/adapters/system/instance-lock.ts";

const say = (line: string): void => void writeSync(1, `${line}\n`);

const [file = ""] = process.argv.slice(2);
say("here");
process.stdin.once("data", () => say(takeInstanceLock(file) ? "taken" : "refused"));
process.stdin.once("end", () => process.exit(0));
