/** devflow runs events: the log of a run, and with --follow what comes. */

import { allEvents } from "../../all-events.ts";
import { defineCommand } from "../../command.ts";
import { followRun } from "../../follow-run.ts";
import { eventLine } from "../../show/events.ts";

export default defineCommand<{ run: string; follow?: true }>({
  name: "events",
  summary: "runs.events.summary",
  about: "runs.events.about",
  arguments: { "<run>": "argument.run" },
  options: { "-f, --follow": "runs.events.follow" },
  examples: ["devflow runs events 7K2MQX", "devflow runs events 7K2MQX -f --json"],
  async run({ run, follow }, { client, out, signal }) {
    if (follow) {
      for await (const { event } of followRun(client, run, signal)) out.each(event, eventLines);
      return undefined;
    }
    if (out.json) {
      const events = [];
      for await (const event of allEvents(client, run)) events.push(event);
      out.show(events, () => []);
      return 0;
    }
    for await (const event of allEvents(client, run)) out.each(event, eventLines);
    return 0;
  },
});

const eventLines = (...[event, paper]: Parameters<typeof eventLine>): string[] => [eventLine(event, paper)];
