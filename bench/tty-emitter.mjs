// Writes lines with the time (monotonic, ns) to terminals in turn: `node tty-emitter.mjs EVERY_MS COUNT TTY…`.
// EVERY_MS lies between two lines, whichever terminal they go to. Prints `done` at the end.
import { openSync, writeSync } from "node:fs";

const [everyMs, count, ...ttys] = process.argv.slice(2);
const files = ttys.map((tty) => openSync(tty, "w"));
const start = performance.now();
let sent = 0;
const beat = () => {
  const due = Math.min(Number(count), Math.floor((performance.now() - start) / Number(everyMs)));
  for (; sent < due; sent++) {
    const line = `at ${process.hrtime.bigint()} line ${sent} of some sixty bytes\r\n`;
    writeSync(files[sent % files.length], line);
  }
  if (sent < Number(count)) setTimeout(beat, Number(everyMs));
  else process.stdout.write("done\n");
};
beat();
