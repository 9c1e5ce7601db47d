/** A process of its own that appends to a log until it is killed, and says on stdout what has been answered. */
import { writeSync } from "node:fs";
import { openEventLog } from "../../src/adapters/storage/sqlite-event-log.ts";
import { phaseStarted, runId, started } from "./run-events.ts";

const [file = "", writers = "1"] = process.argv.slice(2);
const log = openEventLog({ file });

async function write(number: number): Promise<void> {
  const run = runId(number);
  await log.append(run, 0, [started({ repo: `/repos/${number}` })], { at: 0 });
  for (let position = 1; ; position++) {
    const events = [phaseStarted("specify", position)];
    const durable = position % 3 === 0;
    await log.append(run, position, events, { at: position, key: `attempt ${position}`, durable });
    writeSync(1, `${run} ${position + 1}\n`);
  }
}

await Promise.all(Array.from({ length: Number(writers) }, (_, number) => write(number)));
