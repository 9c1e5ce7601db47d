/** devflow notify test: sends one notification, to see whether it arrives. */
import { say } from "../../../messages/say.ts";
import { defineCommand, EXIT_FAILED } from "../../command.ts";

export default defineCommand({
  name: "test",
  summary: "notify.test.summary",
  about: "notify.test.about",
  examples: ["devflow notify test", "devflow notify test --json"],
  async run(_, { client, out }) {
    const { sent } = await client.call("notify.test", {});
    out.show({ sent }, () =>
      sent.length === 0
        ? [say("notify.test.none")]
        : sent.map(({ channel, told, problem = "" }) =>
            told ? say("notify.test.told", { channel }) : say("notify.test.failed", { channel, problem }),
          ),
    );
    return sent.every(({ told }) => told) ? 0 : EXIT_FAILED;
  },
});
