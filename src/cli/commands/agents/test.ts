/** devflow agents test: replays a recorded terminal through an agent's profile, and says what devflow would have said. */
import { resolve } from "node:path";
import { forVersion } from "../../../domain/agent-profile.ts";
import { type Compared, comparedOverTime, exitLabel, labelsIn } from "../../../domain/labels.ts";
import { agentInPath, chosenAgent } from "../../agent-choice.ts";
import { defineCommand, EXIT_FAILED } from "../../command.ts";
import { readLabels } from "../../label-file.ts";
import { replayLines } from "../../show/agents.ts";

interface Input {
  cast: string;
  agent?: string;
  profile?: string;
  agentVersion?: string;
  labels?: string;
}

export default defineCommand<Input>({
  name: "test",
  summary: "agents.test.summary",
  about: "agents.test.about",
  arguments: { "<cast>": "agents.test.cast" },
  options: {
    "--agent <name>": "agents.test.agent",
    "--profile <file>": "agents.test.profile",
    "--agent-version <version>": "agents.test.version",
    "--labels <file>": "agents.test.labels",
  },
  examples: [
    "devflow agents test session.cast --agent codex",
    "devflow agents test claude/trust.cast --labels index.json",
  ],
  async run(input, { agents, out, cwd }) {
    const shelf = await agents();
    const file = resolve(cwd, input.cast);
    const cast = await shelf.cast(file);
    const told = input.labels === undefined ? undefined : await readLabels(resolve(cwd, input.labels), file);
    const version = input.agentVersion ?? told?.version;
    const profile = input.profile
      ? await shelf.read(resolve(cwd, input.profile))
      : (await chosenAgent(shelf, input.agent ?? (await agentInPath(shelf, file)))).value;
    const labels = told?.labels ?? labelsIn(cast);
    const moments = await shelf.replay(cast, forVersion(profile, version), exitLabel(labels)?.at);
    const looked = labels.map((label) => ({ ...label, result: comparedOverTime(label, moments) }));
    const count = (wanted: Compared) => looked.filter((one) => one.result === wanted).length;
    const falseReady = count("false ready");
    out.show(
      {
        cast: file,
        agent: profile.name,
        ...(version && { version }),
        moments,
        labels: looked,
        summary: { labels: looked.length, right: count("right"), wrong: count("wrong"), falseReady },
      },
      replayLines,
    );
    return falseReady > 0 ? EXIT_FAILED : 0;
  },
});
