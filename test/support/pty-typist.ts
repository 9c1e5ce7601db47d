/** A devflow that takes a pty terminal over, types at it and is killed: `node pty-typist.mjs HOME SESSION COUNT`. */
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { ptyHost } from "../../src/adapters/terminals/pty-host.ts";
import { SessionId } from "../../src/domain/ids.ts";
import { ptyDirectories } from "./pty-directories.ts";

const [home = "", session = "", count = "0"] = process.argv.slice(2);
const terminal = await ptyHost({ ...ptyDirectories(home), holder: [], endProcesses }).adopt(SessionId.parse(session));
if (!terminal) throw new Error("not adopted");
for (let item = 0; item < Number(count); item++) await terminal.paste(`key-${item}`, `item-${item};`);
process.stdout.write("done\n", () => process.exit(0));
