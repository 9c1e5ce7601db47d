/** A socket server over a stub engine in this process, in a directory of its own. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dispatcher } from "../../src/daemon/dispatch.ts";
import type { EngineApi } from "../../src/daemon/engine-api.ts";
import { handlers } from "../../src/daemon/handlers.ts";
import { serveSocket } from "../../src/daemon/socket-server.ts";
import { subscriptions } from "../../src/daemon/subscriptions.ts";
import { voices } from "../../src/daemon/voices.ts";
import { knownSecrets } from "../../src/domain/known-secrets.ts";
import type { Places } from "../../src/domain/places.ts";
import { redactor } from "../../src/domain/redact.ts";
import { outputScrubber } from "../../src/domain/terminal-scrub.ts";
import type { Say } from "../../src/ports/agent.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { placesHere } from "../../src/protocol/here.ts";
import { type StubLog, stubEngine, stubLog } from "./stub-engine.ts";

/** A short directory with what paths can have in them. */
export function throwawayHome(): { home: string; places: Places; env: Record<string, string>; remove(): void } {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "df 집-")));
  const env = { DEVFLOW_HOME: home };
  return { home, env, places: placesHere(env), remove: () => rmSync(home, { recursive: true, force: true }) };
}

export interface SocketDaemon {
  stub: StubLog;
  /** An agent says something. */
  say: Say;
  /** What the daemon's journal has got. */
  journal: { level: string; message: string; fields: Record<string, unknown> | undefined }[];
  shutdowns(): number;
  connections(): number;
  repair(): Promise<boolean>;
  close(): Promise<void>;
}

export async function socketDaemon(
  places: Places,
  {
    secrets = [],
    ...options
  }: {
    engine?: Partial<EngineApi>;
    stub?: StubLog;
    stopping?: () => boolean;
    slowMs?: number;
    secrets?: string[];
  } = {},
): Promise<SocketDaemon> {
  const { stub = stubLog(), stopping = () => false, slowMs } = options;
  const lines: SocketDaemon["journal"] = [];
  const note = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    void lines.push({ level, message, fields });
  const journal: Journal = { info: note("info"), warn: note("warn"), error: note("error") };
  let shutdowns = 0;
  const heard = voices(() => outputScrubber(knownSecrets(secrets), redactor(secrets)));
  const following = subscriptions({ log: stub.log, journal, voices: heard, ...(slowMs !== undefined && { slowMs }) });
  const answers = handlers({
    engine: stubEngine(options.engine),
    subscriptions: following,
    facts: { version: "0.0.0", startedAt: 1, socket: places.socket, home: places.data },
    shutdown: () => {
      shutdowns += 1;
    },
  });
  const server = await serveSocket(places, dispatcher(answers, stopping), journal);
  return {
    stub,
    say: heard.say,
    journal: lines,
    shutdowns: () => shutdowns,
    connections: server.connections,
    repair: server.repair,
    async close() {
      await following.closeAll("the daemon stops");
      await server.close(1_000);
    },
  };
}
