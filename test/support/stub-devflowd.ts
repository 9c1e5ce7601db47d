/** devflowd over a stub engine: the real process, lock, journal and socket, with nothing behind them. */
import { existsSync, writeSync } from "node:fs";
import { pinoJournal } from "../../src/adapters/system/pino-journal.ts";
import { main } from "../../src/daemon/main.ts";
import type { DaemonParts } from "../../src/daemon/parts.ts";
import { redactor } from "../../src/domain/redact.ts";
import { stubEngine, stubLog } from "./stub-engine.ts";

/** Says what a composed daemon is told to do, for tests that read the journal; fails where the test's environment says. */
const composeDaemon: DaemonParts["composeDaemon"] = async ({ journal, env }) => {
  if (env.STUB_FAILS === "node") {
    writeSync(
      2,
      "\n  #  Assertion failed: (env) != nullptr\n\n----- Native stack trace -----\n\n 1: 0x931db0  [node]\n",
    );
    process.kill(process.pid, "SIGABRT");
  }
  if (env.STUB_FAILS === "compose") throw new Error("the stub was told to fail");
  if (env.LANGSMITH_API_KEY || env.LANGCHAIN_TRACING_V2) journal.error("tracing is on");
  return {
    engine: stubEngine(),
    log: stubLog().log,
    voices: { listen: () => () => {} },
    async start() {
      journal.info("stub: start", { token: env.STUB_TOKEN });
      if (env.STUB_FAILS === "start") setTimeout(() => Promise.reject(new Error("a defect in the stub")), 0);
    },
    async drain() {
      journal.info("stub: drain");
      // Stays in its drain until the file is gone, or it is ended.
      while (env.STUB_DRAINS && existsSync(env.STUB_DRAINS)) await new Promise((next) => setTimeout(next, 10));
    },
    async close() {
      journal.info("stub: close");
    },
  };
};

const parts: DaemonParts = {
  composeDaemon,
  openJournal: ({ file, env, echo }) =>
    pinoJournal({ file, redact: redactor([env.STUB_TOKEN ?? ""]), ...(echo && { echo }) }),
};

process.exitCode = await main(process.argv.slice(2), async () => parts);
