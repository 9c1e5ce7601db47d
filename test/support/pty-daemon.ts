/** A devflow that opens a pty terminal and waits to be killed: `node pty-daemon.mjs SPEC HOLDER…`; prints its pid when it is open. */
import { endProcesses } from "../../src/adapters/system/processes.ts";
import { ptyHost } from "../../src/adapters/terminals/pty-host.ts";
import { ptyDirectories } from "./pty-directories.ts";

const [home = "", spec = "", ...holder] = process.argv.slice(2);
const terminal = await ptyHost({ ...ptyDirectories(home), holder, endProcesses }).open(JSON.parse(spec));
terminal.on((event) => event.type === "osc" && process.stdout.write(`${event.text}\n`));
process.stdout.write(`open ${terminal.pid}\n`);
setInterval(() => {}, 60_000);
