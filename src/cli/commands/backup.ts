/** devflow backup: everything that devflow knows, in one file, while it runs. */
import { resolve } from "node:path";
import { say } from "../../messages/say.ts";
import { defineCommand } from "../command.ts";

export default defineCommand<{ file: string }>({
  name: "backup",
  summary: "backup.summary",
  about: "backup.about",
  arguments: { "<file>": "argument.backup" },
  examples: ["devflow backup devflow.tar.gz", 'devflow backup "$HOME/backups/devflow-$(date +%F).tar.gz"'],
  async run({ file }, { client, out, cwd }) {
    const done = await client.call("daemon.backup", { file: resolve(cwd, file) });
    out.show(done, () => [say("backup.done", { file: done.file, mb: (done.bytes / 1_000_000).toFixed(1) })]);
    return 0;
  },
});
