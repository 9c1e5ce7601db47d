/** Finds the detach key (Ctrl-] and then d) in what a person types, however the terminal has been asked to send keys. */

/** For people: how to leave a view. */
export const DETACH_KEY = "Ctrl-] d";

/** Ctrl-] as terminals send it: plain, by the kitty keyboard protocol, and by xterm's modifyOtherKeys. */
const PREFIX = /\x1d|\x1b\[93;5(?::1)?u|\x1b\[27;5;93~/;
/** d, and the key where d is on a Korean keyboard (ㅇ, here as its three bytes), and d by the kitty protocol. */
const DETACH = /^(?:[dD]|\xe3\x85\x87|\x1b\[100(?:;1(?::1)?)?u)/;
/** The kitty protocol can tell that a key was let go: nothing was typed by that. */
const RELEASE = /^\x1b\[\d+;\d+:3u/;

export interface DetachKey {
  /** What to pass on of the typed bytes (one character a byte), or `"detach"`. */
  feed(typed: string): string | "detach";
}

/** Ctrl-] twice is one Ctrl-]; with any other key behind it, both are passed on. */
export function detachKey(): DetachKey {
  let held: string | undefined;
  return {
    feed(typed) {
      let pass = "";
      let rest = typed;
      while (rest !== "") {
        const found = PREFIX.exec(rest);
        if (held === undefined) {
          if (found === null) return pass + rest;
          pass += rest.slice(0, found.index);
          held = found[0];
          rest = rest.slice(found.index + held.length);
        } else if (DETACH.test(rest)) return "detach";
        else if (RELEASE.test(rest)) rest = rest.replace(RELEASE, "");
        else {
          pass += held;
          if (found?.index === 0) rest = rest.slice(found[0].length);
          held = undefined;
        }
      }
      return pass;
    },
  };
}
