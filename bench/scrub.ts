/** How fast log text is scrubbed, with many secrets known by value: in MB/s, and over a plain search for one word. */
import { redactor } from "../src/domain/redact.ts";
import { type Figure, median } from "./figure.ts";

/** As many as the planted set of the tests that a full run must not tell. */
const SECRETS = 50;
const LINES = 100_000;
const ROUNDS = 9;
const LEAST_MB_S = 50;
/** A plain search reads every character once, in native code. */
const MOST_TIMES = 60;

export async function scrubBench(): Promise<Figure[]> {
  const secrets = Array.from(
    { length: SECRETS },
    (_, n) => `${n}-${(n * 48271 * 69621).toString(36)}-${n * 7919}-value`,
  );
  const redact = redactor(secrets);
  const text = Array.from({ length: LINES }, (_, n) => line(n)).join("\n");
  const megabytes = Buffer.byteLength(text) / 1e6;
  if (redact(text) !== text) throw new Error("log text without a secret was changed");
  const scrubbing: number[] = [];
  const searching: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    scrubbing.push(took(() => redact(text)));
    searching.push(took(() => text.indexOf("a word that is not in it")));
  }
  const speed = megabytes / (median(scrubbing) / 1_000);
  const times = median(scrubbing) / median(searching);
  const detail = `${megabytes.toFixed(0)} MB, ${SECRETS} secrets known, median of ${ROUNDS}`;
  return [
    { figure: "log text scrubbed, MB/s", value: speed, bar: `≥ ${LEAST_MB_S}`, ok: speed >= LEAST_MB_S, detail },
    {
      figure: "scrubbing over a search for one word",
      value: times,
      bar: `≤ ${MOST_TIMES}`,
      ok: times <= MOST_TIMES,
      detail,
    },
  ];
}

function took(work: () => unknown): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

const line = (n: number): string =>
  n % 5 === 0
    ? `{"level":30,"time":${1_700_000_000_000 + n},"pid":4711,"run":"01KAJ4","msg":"a step has ended","key":"prompt/specify/${n}"}`
    : `2026-11-21T10:${n % 60}:03.${n % 1000}Z info request handled method=GET path=/api/v1/items/${n} status=200 duration=${n % 97}ms`;
