/** Event streams beside a real pty: a server on loopback that asks for its password, and a file that is written to. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ulid } from "ulid";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { terminalAgents } from "../../../src/adapters/agents/terminal-agent.ts";
import { systemClock } from "../../../src/adapters/system/clock.ts";
import { endProcesses } from "../../../src/adapters/system/processes.ts";
import { ptyHost } from "../../../src/adapters/terminals/pty-host.ts";
import { EventStream } from "../../../src/domain/event-stream.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import type { Evidence } from "../../../src/domain/session.ts";
import type { AgentSession } from "../../../src/ports/agent.ts";
import { persona, session } from "../../support/made.ts";
import { PAPER, paperStage } from "../../support/paper-stage.ts";
import { profile } from "../../support/profiles.ts";
import { ptyDirectories } from "../../support/pty-directories.ts";
import { buildHolder } from "../../support/pty-holder.ts";

const built = mkdtempSync(join(tmpdir(), "devflow-pty-"));
const holder = await buildHolder(built);
afterAll(() => rmSync(built, { recursive: true, force: true }));

const TIME = { timeout: 30_000, interval: 25 };

const SAYS = [
  { where: { type: "begun" }, state: "working", said: "what" },
  { where: { type: "asks" }, state: "awaiting_permission" },
  { where: { type: "over" }, state: "ready" },
];
const FILE = { args: [], holds: 60_000, says: SAYS };
const SERVER = { ...FILE, env: { PAPER_SECRET: "{password}" }, server: { path: "/event", user: "somebody" } };

let agent: AgentSession | undefined;
let server: Server | undefined;
let destroy = async (): Promise<void> => {};
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(0)));
  server = undefined;
  await agent?.close();
  await destroy();
});

async function start(events: unknown, args: string[] = []) {
  const stage = await paperStage(["stall"]);
  destroy = stage.destroy;
  const folder = join(stage.folder, "이벤트 of it");
  const own = { ...profile("paper"), events: EventStream.parse(events) };
  const adapter = terminalAgents({
    host: ptyHost({ ...ptyDirectories(mkdtempSync(join(tmpdir(), "df-"))), holder, endProcesses }),
    clock: systemClock(),
    profileOf: async () => own,
    program: async () => PAPER,
    env: stage.env,
    size: { cols: 60, rows: 40 },
    recording: () => undefined,
    hooks: () => folder,
  });
  const who = persona("contract", { agent: "paper", adapter: "terminal", args });
  const spec = { session: SessionId.parse(ulid()), run: session("R"), role: "author", persona: who, cwd: stage.cwd };
  const opened = await adapter.open(spec);
  agent = opened;
  const becomes = (state: string, ...evidence: Partial<Evidence>[]) =>
    vi.waitFor(
      () =>
        expect(opened.verdict()).toMatchObject({
          state,
          evidence: expect.arrayContaining(evidence.map((one) => expect.objectContaining(one))),
        }),
      TIME,
    );
  await becomes("ready");
  return { opened, folder, becomes };
}

/** Serves events to whoever knows the password, at the port that the session was given. */
async function serve(folder: string): Promise<{ refused: () => number; streams: ServerResponse[] }> {
  const { port, password } = JSON.parse(readFileSync(join(folder, "server.json"), "utf8"));
  const streams: ServerResponse[] = [];
  let refused = 0;
  const listening = createServer((request, response) => {
    if (request.headers.authorization !== `Basic ${Buffer.from(`somebody:${password}`).toString("base64")}`) {
      refused += 1;
      return void response.writeHead(401).end();
    }
    response.writeHead(request.url === "/event" ? 200 : 404, { "content-type": "text/event-stream" });
    response.write(": hello\n\n");
    streams.push(response);
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(port, "127.0.0.1", resolve));
  return { refused: () => refused, streams };
}

const sends = (to: ServerResponse | undefined, event: unknown): void => {
  // Cut in the middle, as streams are.
  const text = `data: ${JSON.stringify(event)}\n\n`;
  to?.write(text.slice(0, 9));
  to?.write(text.slice(9));
};

it("of a server say at once what the agent does; once it is cut off they say nothing, and it is heard again", async () => {
  const { folder, becomes } = await start(SERVER);
  expect(statSync(join(folder, "server.json")).mode & 0o077).toBe(0);
  const { refused, streams } = await serve(folder);
  await vi.waitFor(() => expect(streams.length).toBe(1), TIME);
  sends(streams[0], { type: "begun", what: "한 가지 일" });
  await becomes("working", { source: "stream", said: "begun: 한 가지 일" });
  sends(streams[0], { type: "asks" });
  await becomes("awaiting_permission");
  sends(streams[0], { type: "over" });
  await becomes("ready", { source: "stream", said: "over" });
  sends(streams[0], { type: "begun" });
  await becomes("working");
  streams[0]?.destroy();
  await becomes("ready");
  await vi.waitFor(() => expect(streams.length).toBe(2), TIME);
  sends(streams[1], { type: "begun" });
  await becomes("working");
  expect(refused()).toBe(0);
});

it("of a file are heard as they are written, and an agent that writes none is known by its screen", async () => {
  const { folder, becomes } = await start(FILE);
  const file = join(folder, "events.jsonl");
  expect(statSync(file).mode & 0o077).toBe(0);
  appendFileSync(file, `not JSON\n${JSON.stringify({ type: "other" })}\n${JSON.stringify({ type: "begun" })}\n`);
  await becomes("working", { source: "stream", said: "begun" });
  appendFileSync(file, `${JSON.stringify({ type: "over" })}\n`);
  await becomes("ready", { source: "stream", said: "over" });
});

it("are not asked for where the persona says itself where the agent's server is", async () => {
  const { folder } = await start({ ...FILE, args: [["--port", "{port}"]], server: SERVER.server }, ["--port=4096"]);
  expect(() => statSync(join(folder, "server.json"))).toThrow("ENOENT");
});
