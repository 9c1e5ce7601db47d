// Plays agents at work into terminals: `node cast-player.mjs PLAN SECONDS`. PLAN is a JSON file, a list of
// { tty, before, frames: [[ms, text], …], lastsMs }: what is drawn at once, and what is drawn again and again in its own time.
import { openSync, readFileSync, writeSync } from "node:fs";

const [plan = "", seconds = "0"] = process.argv.slice(2);
const end = performance.now() + Number(seconds) * 1_000;

JSON.parse(readFileSync(plan, "utf8")).forEach(({ tty, before, frames, lastsMs }, nth) => {
  const file = openSync(tty, "w");
  writeSync(file, before);
  // Each begins at another moment of its turn.
  let begin = performance.now() - ((nth * 137) % lastsMs);
  let next = 0;
  const play = () => {
    const now = performance.now();
    if (now > end) return;
    for (; next < frames.length && frames[next][0] <= now - begin; next++) writeSync(file, frames[next][1]);
    if (next === frames.length) {
      begin += lastsMs;
      next = 0;
    }
    setTimeout(play, Math.max(1, begin + frames[next][0] - now));
  };
  play();
});
