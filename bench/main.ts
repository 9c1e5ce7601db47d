/** Runs the benches one after the other (they would disturb each other) and prints a line for each figure. */
import { adoptionBench } from "./adoption.ts";
import { cliStartBench } from "./cli-start.ts";
import { doctorBench } from "./doctor.ts";
import { engineBench } from "./engine.ts";
import { eventLogBench } from "./event-log.ts";
import { evidenceBench } from "./evidence.ts";
import type { Figure } from "./figure.ts";
import { handoverBench } from "./handover.ts";
import { ledgerBench } from "./ledger.ts";
import { memoryBench } from "./memory.ts";
import { modelAgentBench } from "./model-agent.ts";
import { restartBench } from "./restart.ts";
import { scrubBench } from "./scrub.ts";
import { terminalBench } from "./terminal-latency.ts";

const BENCHES: Record<string, () => Promise<Figure[]>> = {
  cli: cliStartBench,
  doctor: doctorBench,
  log: eventLogBench,
  ledger: ledgerBench,
  engine: engineBench,
  terminals: terminalBench,
  handover: handoverBench,
  memory: memoryBench,
  model: modelAgentBench,
  scrub: scrubBench,
  restart: restartBench,
  adoption: adoptionBench,
  evidence: evidenceBench,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`there is no bench ${unknown.join(", ")}; there are: ${Object.keys(BENCHES).join(", ")}\n`);
  process.exit(2);
}

let failed = false;
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring: ${name}\n`);
  for (const { figure, value, bar, ok, detail } of await bench()) {
    failed ||= !ok;
    process.stdout.write(
      `${ok ? "ok  " : "FAIL"}  ${value.toFixed(2).padStart(8)}  ${bar.padEnd(14)}  ${figure}  (${detail})\n`,
    );
  }
}
process.exit(failed ? 1 : 0);
