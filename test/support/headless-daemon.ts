/** A devflow that gives a one-shot agent a prompt and waits to be killed: `node headless-daemon.ts HOME SESSION CODE`; prints the usage that it hears. */
import { oneShotAgents, oneShotSpec } from "./one-shot.ts";

const [home = "", session = "", code = ""] = process.argv.slice(2);
const agent = await oneShotAgents(home, { code }).open(oneShotSpec(home, session));
agent.watch((news) => news.kind === "usage" && process.stdout.write(`${JSON.stringify(news)}\n`));
await agent.deliver({ key: "one", text: "go", file: "" }, new AbortController().signal);
setInterval(() => {}, 60_000);
