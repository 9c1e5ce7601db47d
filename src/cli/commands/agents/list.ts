/** devflow agents list: which agents devflow can drive, what is installed of them, and whether they are logged in. */
import { failureOf } from "../../agent-choice.ts";
import { defineCommand } from "../../command.ts";
import { agentsTable } from "../../show/agents.ts";

export default defineCommand({
  name: "list",
  summary: "agents.list.summary",
  examples: ["devflow agents list"],
  async run(_, { agents, out }) {
    const shelf = await agents();
    const { good, broken } = await shelf.list();
    const rows = await Promise.all(
      good.map(async ({ value, source, origin }) => ({
        name: value.name,
        title: value.title,
        family: value.family,
        ...(await shelf.installed(value, source)),
        checked: value.checked,
        ...(value.versions && { versions: value.versions }),
        install: value.install,
        source,
        origin,
      })),
    );
    const problems = broken.map(({ source, error }) => ({ source, error: failureOf(error) }));
    out.show({ agents: rows, broken: problems }, ({ agents }, paper) => agentsTable(agents, paper));
    if (!out.json) for (const { error } of problems) out.error(error);
    return 0;
  },
});
