/** devflow ctl methods: what the socket answers. */
import { defineCommand } from "../../command.ts";
import { methodsLines } from "../../show/daemon.ts";

export default defineCommand<{ method?: string }>({
  name: "methods",
  summary: "ctl.methods.summary",
  arguments: { "[method]": "argument.method" },
  examples: ["devflow ctl methods", "devflow ctl methods run.start --json"],
  async run({ method }, { client, out }) {
    const methods = await client.call("daemon.methods", { ...(method !== undefined && { method }) });
    out.show(methods, (all, paper) => methodsLines(all, method !== undefined, paper));
    return 0;
  },
});
