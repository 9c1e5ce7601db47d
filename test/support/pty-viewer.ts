/** The person's side of a pty terminal as a program: `node pty-viewer.mjs SOCKET [read-only]`. Says at the end how it ended. */
import { viewTerminal } from "../../src/cli/attach/pty-view.ts";

const [socket = "", mode] = process.argv.slice(2);
const end = await viewTerminal({
  socket,
  readOnly: mode === "read-only",
  input: process.stdin,
  output: process.stdout,
  greeting: "Ctrl-] d leaves",
});
process.stdout.write(`view over: ${JSON.stringify(end)}\n`);
