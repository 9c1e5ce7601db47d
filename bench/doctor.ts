/** How long `devflow doctor` takes in a home of its own, without a network: what it asks the world for is not there to answer. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, median } from "./figure.ts";

const TIMES = 7;
/** A person waits for it. */
const MOST_SECONDS = 3;

const root = join(import.meta.dirname, "..");

/** Needs a build. */
export async function doctorBench(): Promise<Figure[]> {
  const home = mkdtempSync(join(tmpdir(), "devflow-bench-"));
  mkdirSync(join(home, "config"));
  // A provider that nobody reaches, and a key that would be checked there: as for somebody on a train.
  const settings = "secrets: { keyring: false }\nproviders:\n  openrouter: { baseUrl: http://127.0.0.1:9/api/v1 }\n";
  writeFileSync(join(home, "config", "devflow.yaml"), settings);
  const env = { ...process.env, DEVFLOW_HOME: home, OPENROUTER_API_KEY: "sk-or-v1-0123456789abcdef" };
  try {
    const took = Array.from({ length: TIMES }, () => {
      const from = performance.now();
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "bin/devflow"), "doctor", "--json"], {
        env,
        encoding: "utf8",
      });
      if (status !== 0 && status !== 1) throw new Error(`doctor ended with ${status}: ${stderr}`);
      if (JSON.parse(stdout).checks.length < 16) throw new Error("doctor has looked at too little");
      return (performance.now() - from) / 1_000;
    });
    const value = Math.max(...took);
    const detail = `median ${median(took).toFixed(2)} s, longest of ${TIMES}`;
    return [
      {
        figure: "seconds of devflow doctor without a network",
        value,
        bar: `≤ ${MOST_SECONDS}`,
        ok: value <= MOST_SECONDS,
        detail,
      },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
