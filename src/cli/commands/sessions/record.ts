/** devflow sessions record: where the recording of a session is. */
import { defineCommand } from "../../command.ts";

export default defineCommand<{ session: string }>({
  name: "record",
  summary: "sessions.record.summary",
  about: "sessions.record.about",
  arguments: { "<session>": "argument.session" },
  examples: ["devflow sessions record M4T1VB", 'asciinema play "$(devflow sessions record M4T1VB)"'],
  async run({ session }, { client, out }) {
    out.show(await client.call("session.record", { session }), ({ file }) => [file]);
    return 0;
  },
});
