// Plays agents at work into terminals: `node cast-player.mjs PLAN SECONDS`. PLAN is a JSON file, a list of
// { tty, before, frames: [[ms, text], …], lastsMs, change }: what is drawn at once, and what is drawn again and again in its own time; and
// when the seconds are over, once, the change: { before, frames, nth }. Whoever has started it is told [number, time] with its nth piece.
import { openSync, readFileSync, writeSync } from "node:fs";

/** The changes are spread over this time. */
const CHANGES_MS = 6_000;
/** The last of them is held back for a moment before it is believed. */
const AFTER_MS = 1_500;

const [plan = "", seconds = "0"] = process.argv.slice(2);
const end = performance.now() + Number(seconds) * 1_000;

const plans = JSON.parse(readFileSync(plan, "utf8"));
let left = plans.length;

plans.forEach(({ tty, before, frames, lastsMs, change }, nth) => {
  const file = openSync(tty, "w");
  writeSync(file, before);
  // Each begins at another moment of its turn.
  let begin = performance.now() - ((nth * 137) % lastsMs);
  let next = 0;
  const play = () => {
    const now = performance.now();
    if (now > end) return setTimeout(playChange, (nth * 137) % CHANGES_MS);
    for (; next < frames.length && frames[next][0] <= now - begin; next++) writeSync(file, frames[next][1]);
    if (next === frames.length) {
      begin += lastsMs;
      next = 0;
    }
    setTimeout(play, Math.max(1, begin + frames[next][0] - now));
  };
  const playChange = () => {
    writeSync(file, change.before);
    const start = performance.now();
    let at = 0;
    const on = () => {
      for (; at < change.frames.length && change.frames[at][0] <= performance.now() - start; at++) {
        writeSync(file, change.frames[at][1]);
        if (at === change.nth) process.send([nth, Date.now()]);
      }
      if (at < change.frames.length)
        return setTimeout(on, Math.max(1, start + change.frames[at][0] - performance.now()));
      left -= 1;
      if (left === 0) setTimeout(() => process.disconnect(), AFTER_MS);
    };
    on();
  };
  play();
});
