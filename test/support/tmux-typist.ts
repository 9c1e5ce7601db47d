/** Adopts a session and pastes numbered texts into it, to be killed at it: `tmux-typist.ts HOME SESSION COUNT`. */
import { SessionId } from "../../src/domain/ids.ts";
import { tmuxHostAt } from "./tmux-home.ts";

const [home = "", session = "", count = "0"] = process.argv.slice(2);
const host = tmuxHostAt(home);
const terminal = await host.adopt(SessionId.parse(session));
if (!terminal) throw new Error("nothing to adopt");
for (let i = 0; i < Number(count); i++) await terminal.paste(`key-${i}`, `item-${i};`);
await host.release();
console.log("done");
