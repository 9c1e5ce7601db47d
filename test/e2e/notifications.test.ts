/** Notifications of a whole devflow: to a real server and a real program, through a kill of the daemon. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { signatureOf } from "../../src/adapters/notifications/webhook.ts";
import { Notification } from "../../src/domain/notification.ts";
import { isThere } from "../support/alive.ts";
import { begin } from "../support/live-run.ts";
import { WAIT } from "../support/person.ts";
import { type Receiver, receiver } from "../support/receiver.ts";
import { addTemplate } from "../support/shelf.ts";
import { type World, world } from "../support/world.ts";

const SECRET = "a-secret-of-forty-characters-0123456789ab";

let w: World;
let there: Receiver;
afterEach(async () => {
  await w?.close();
  await there?.close();
}, 300_000);

const hook = (url: string): string => `  webhook: { url: "${url}", secret: HOOK_SECRET }\n`;

test("a run that waits and ends is told to a program and, signed, to an address; and a test can be sent", async () => {
  there = await receiver();
  w = world({
    config: `secrets: { file: true, keyring: false }\nnotify:\n  command: [./tell.sh, "두 말"]\n${hook(there.url)}`,
  });
  const none = await w.devflow("notify", "test");
  expect(none).toMatchObject({
    code: 1,
    out: expect.stringContaining("webhook: not told: there is no secret HOOK_SECRET"),
  });
  expect(none.out).toContain("command: not told: ./tell.sh cannot be started");

  const file = join(w.home, "data", "tell.sh");
  writeFileSync(file, '#!/bin/sh\nprintf "%s %s\\n" "$1" "$DEVFLOW_NOTIFY_TEXT" >>told\nenv >told-env\n');
  chmodSync(file, 0o700);
  expect((await w.withInput(SECRET, "keys", "set", "HOOK_SECRET")).code).toBe(0);
  expect(await w.devflow("notify", "test")).toMatchObject({ code: 0, out: "command: told\nwebhook: told" });

  addTemplate(w, "asks", { specify: { approval: "after" } });
  const run = await begin(w, "asks", "--goal", "say nothing of this", "--bind", "specify=paper-implementer");
  await run.reaches("waiting");
  await vi.waitFor(() => expect(there.received).toHaveLength(2), WAIT);
  expect((await w.devflow("approve", run.id)).code).toBe(0);
  await run.ends("completed");
  await vi.waitFor(() => expect(there.received).toHaveLength(3), WAIT);

  expect(there.received.map(({ json }) => json.what)).toEqual(["test", "run.waiting", "run.completed"]);
  for (const { headers, body } of there.received) {
    const id = String(headers["webhook-id"]);
    const timestamp = Number(headers["webhook-timestamp"]);
    expect(headers["webhook-signature"]).toBe(signatureOf({ id, timestamp, body }, SECRET));
    expect(Notification.parse(JSON.parse(body)).id).toBe(id);
    expect(body).not.toContain("say nothing of this");
  }
  expect(there.received[1]?.json.reason?.answer).toBe(`devflow approve ${run.id} specify`);
  const told = join(w.home, "data", "told");
  await vi.waitFor(() => expect(readFileSync(told, "utf8").trimEnd().split("\n")).toHaveLength(3), WAIT);
  expect(readFileSync(told, "utf8")).toMatch(/^두 말 asks@1 \w{6} waits: the result of specify needs approval$/m);
  expect(readFileSync(join(w.home, "data", "told-env"), "utf8")).not.toContain(SECRET);
  const audit = (await w.devflow("audit", "-n", "1000", "--json")).out;
  expect(audit).toContain('"HOOK_SECRET"');
  expect(audit).not.toContain(SECRET);
}, 300_000);

test("what could not be told before the daemon was killed is told by the next one, once", async () => {
  let up = false;
  there = await receiver(() => (up ? 200 : 503));
  w = world({ env: { HOOK_SECRET: SECRET }, config: `notify:\n${hook(there.url)}` });
  addTemplate(w, "short", { specify: {} });
  const run = await begin(w, "short", "--goal", "x", "--bind", "specify=paper-implementer");
  await run.ends("completed");
  await vi.waitFor(() => expect(there.received.length).toBeGreaterThan(0), WAIT);
  const pid = w.daemonPid();
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(isThere(pid)).toBe(false), WAIT);
  up = true;
  const before = there.received.length;
  expect((await w.devflowd("start")).code).toBe(0);
  await vi.waitFor(() => expect(there.received.length).toBeGreaterThan(before), WAIT);

  // What happens next comes next: nothing was told twice in between.
  const second = await begin(w, "short", "--goal", "y", "--bind", "specify=paper-implementer");
  await second.ends("completed");
  await vi.waitFor(() => expect(there.received.at(-1)?.json.run?.id).toBe(second.id), WAIT);
  const after = there.received.slice(before).map(({ json }) => json.run?.id);
  expect(after).toEqual([run.id, second.id]);
  expect(new Set(there.received.slice(0, before + 1).map(({ json }) => json.id)).size).toBe(1);
}, 300_000);

test("an address that would carry what happens here in the clear is refused, with its line", async () => {
  there = await receiver();
  w = world({
    config: 'notify:\n  on: [waiting]\n  webhook:\n    url: "http://hooks.example/x"\n    secret: HOOK_SECRET\n',
  });
  const refused = await w.devflowd("start");
  expect(refused.code).toBe(8);
  expect(refused.err).toMatch(/devflow\.yaml:6:\d+.*use https, or http on this machine alone/);
  expect(existsSync(join(w.home, "data", "devflow.db"))).toBe(false);
  writeFileSync(join(w.home, "config", "devflow.yaml"), "paper: true\n"); // so that it can be closed
}, 300_000);
