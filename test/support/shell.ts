/** A person at a shell of their own, with devflow on their PATH: what is typed there, and what the screen shows of it. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { barePane } from "./bare-tmux.ts";
import { WAIT } from "./person.ts";

const BIN = join(import.meta.dirname, "../../bin");

export interface Typing {
  /** What devflow asks in between, and what is answered: a text, and the keys that follow. */
  asked?: readonly (readonly [RegExp, string])[];
}

export interface Shell {
  /** Types a line on an empty screen, and gives the screen once the shell asks for the next. */
  types(line: string, typing?: Typing): Promise<string>;
  close(): Promise<void>;
}

const PROMPT = "$ ";

/** The screens are kept in DEVFLOW_SCREENS, under that name, for somebody who wants to look at them. */
export async function shell(
  { folder, cwd, env }: { folder: string; cwd: string; env: Record<string, string> },
  { cols, rows, name }: { cols: number; rows: number; name: string },
): Promise<Shell> {
  const keep = process.env.DEVFLOW_SCREENS;
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const name of ["devflow", "devflowd"]) symlinkSync(join(BIN, name), join(bin, name));
  const own = { ...env, PATH: `${bin}:${env.PATH}`, PS1: PROMPT, ENV: "/dev/null" };
  const pane = await barePane({ argv: ["sh", "-i"], cwd, env: own, cols, rows });
  const shown = async (): Promise<string> => (await pane.text()).trimEnd();
  const idle = () => vi.waitFor(async () => expect(await shown()).toMatch(/(^|\n)\$$/), WAIT);
  let nth = 0;
  await idle();
  return {
    async types(line, { asked = [] } = {}) {
      nth += 1;
      await pane.keys("-l", "clear");
      await pane.keys("Enter");
      await vi.waitFor(async () => expect(await shown()).toBe("$"), WAIT);
      await pane.keys("-l", line);
      await pane.keys("Enter");
      for (const [question, answer] of asked) {
        await vi.waitFor(async () => expect(await shown()).toMatch(question), WAIT);
        await pane.keys("-l", answer);
        await pane.keys("Enter");
      }
      // The line is longer gone from the bottom when the next prompt comes; an echo alone does not look like one.
      await idle();
      const screen = await shown();
      if (keep) {
        mkdirSync(keep, { recursive: true });
        writeFileSync(join(keep, `${name}-${String(nth).padStart(2, "0")}.txt`), `${screen}\n`);
      }
      return screen.replace(/\n\$$/, "");
    },
    close: pane.close,
  };
}
