/** devflow audit verify: whether a line of the audit record was changed, dropped, added or moved, and where. */
import { phrase, say } from "../../../messages/say.ts";
import { defineCommand, EXIT_FAILED } from "../../command.ts";
import { oneLine } from "../../table.ts";

export default defineCommand({
  name: "verify",
  summary: "audit.verify.summary",
  about: "audit.verify.about",
  examples: ["devflow audit verify", "devflow audit verify --json"],
  async run(_, { client, out }) {
    const proof = await client.call("audit.verify", {});
    out.show(proof, ({ whole, lines, files, last, problems }, { style }) =>
      whole
        ? [style.green(say("audit.whole", { lines, files, hash: last.hash.slice(0, 12) }))]
        : [
            style.red(say("audit.not_whole")),
            ...problems.map(({ file, line, said }) => `  ${oneLine(file)}:${line}: ${oneLine(phrase(said))}`),
          ],
    );
    return proof.whole ? 0 : EXIT_FAILED;
  },
});
