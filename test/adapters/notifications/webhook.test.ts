/** Webhooks, to a real server on loopback: what arrives, that its signature can be checked, and what is tried again. */
import { createHmac } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { type WebhookOptions, webhook } from "../../../src/adapters/notifications/webhook.ts";
import { testNotification } from "../../../src/domain/notification.ts";
import { type Received, type Receiver, receiver } from "../../support/receiver.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const TOLD = testNotification("1", AT);
const NEVER = new AbortController().signal;

let there: Receiver;
afterEach(() => there.close());

function first(): Received {
  const [one] = there.received;
  if (!one) throw new Error("nothing came");
  return one;
}

const hook = (url: string, more: Partial<WebhookOptions> = {}) =>
  webhook({
    url,
    secret: "HOOK_SECRET",
    secretOf: async () => "열쇠 key",
    tries: 3,
    fetch,
    now: () => AT,
    version: "1.2.3",
    ...more,
  });

describe("a webhook", () => {
  test("arrives as JSON with a signature over id, time and body that its receiver can check", async () => {
    there = await receiver();
    expect(await hook(there.url).tell(TOLD, NEVER)).toEqual({ kind: "told" });
    const { headers, body } = first();
    expect(JSON.parse(body)).toEqual(TOLD);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "devflow/1.2.3",
      "webhook-id": "test-1",
      "webhook-timestamp": "1767323045",
    });
    const expected = createHmac("sha256", "열쇠 key").update(`test-1.1767323045.${body}`).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
  });

  test("is signed with the bytes of a secret that is handed out in base64", async () => {
    there = await receiver();
    const bytes = Buffer.from([0, 255, 7, 9]);
    await hook(there.url, { secretOf: async () => `whsec_${bytes.toString("base64")}` }).tell(TOLD, NEVER);
    const { headers, body } = first();
    const expected = createHmac("sha256", bytes).update(`test-1.1767323045.${body}`).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
  });

  test.each([
    [500, "failed"],
    [503, "failed"],
    [429, "failed"],
    [408, "failed"],
    [400, "refused"],
    [401, "refused"],
    [404, "refused"],
    [410, "refused"],
  ])("that is answered with %i counts as %s", async (status, kind) => {
    there = await receiver(() => status);
    expect(await hook(there.url).tell(TOLD, NEVER)).toEqual({ kind, said: `it answers with HTTP ${status}` });
  });

  test("follows no redirection: the body is for one address", async () => {
    there = await receiver(() => 307);
    expect(await hook(there.url).tell(TOLD, NEVER)).toMatchObject({ kind: "refused" });
    expect(there.received).toHaveLength(1);
  });

  test("is not sent without its secret", async () => {
    there = await receiver();
    const answer = await hook(there.url, { secretOf: async () => undefined }).tell(TOLD, NEVER);
    expect(answer).toEqual({ kind: "refused", said: "there is no secret HOOK_SECRET to sign it with" });
    expect(there.received).toEqual([]);
  });

  test("that nobody answers, or nobody listens to, is tried again", async () => {
    there = await receiver(() => "never");
    expect(await hook(there.url, { timeoutMs: 50 }).tell(TOLD, NEVER)).toEqual({
      kind: "failed",
      said: "it has not answered within 0.05 s",
    });
    await there.close();
    expect(await hook(there.url).tell(TOLD, NEVER)).toMatchObject({
      kind: "failed",
      said: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("ends at once when devflow stops", async () => {
    there = await receiver(() => "never");
    const stop = new AbortController();
    const telling = hook(there.url).tell(TOLD, stop.signal);
    stop.abort();
    expect(await telling).toMatchObject({ kind: "failed" });
  });
});
