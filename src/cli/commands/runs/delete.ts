/** devflow runs delete: removes what is kept of runs that have ended. */
import { defineCommand, whoAsks } from "../../command.ts";
import { deletedLine } from "../../show/deleted.ts";

export default defineCommand<{ runs: string[] }>({
  name: "delete",
  summary: "runs.delete.summary",
  about: "runs.delete.about",
  arguments: { "<runs...>": "argument.run" },
  examples: ["devflow runs delete 7K2MQX", "devflow runs delete 7K2MQX 01J8ZP"],
  async run({ runs }, { client, out, env }) {
    const deleted = [];
    for (const run of runs) {
      const done = await client.call("run.delete", { run, by: whoAsks(env) });
      deleted.push(done);
      if (!out.json) out.note(deletedLine(done));
    }
    if (out.json) out.show(deleted, () => []);
    return 0;
  },
});
