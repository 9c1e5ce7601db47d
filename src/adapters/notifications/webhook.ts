/**
 * Notifications as requests to an address, signed so that whoever gets one can tell that it is ours: HMAC-SHA256 over the id, the
 * time and the body, in the headers that are common for webhooks (standardwebhooks.com). Redirections are not followed: the body is
 * for the address in the settings and no other.
 */
import { createHmac } from "node:crypto";
import type { Notification } from "../../domain/notification.ts";
import type { NotificationChannel, Told } from "../../ports/notifications.ts";

export interface WebhookOptions {
  url: string;
  /** The name of the secret that requests are signed with. */
  secret: string;
  secretOf(name: string): Promise<string | undefined>;
  tries: number;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  now(): number;
  version: string;
  timeoutMs?: number;
}

/** A receiver has nothing to do but to take it down. */
const TIMEOUT_MS = 10_000;

/** As such secrets are usually handed out: what follows is base64. */
const ENCODED = "whsec_";

/** Too early, too many, or not its fault: another time it may be taken. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

export function webhook(options: WebhookOptions): NotificationChannel {
  const { url, secret, secretOf, tries, fetch, now, version, timeoutMs = TIMEOUT_MS } = options;

  async function tell(notification: Notification, signal: AbortSignal): Promise<Told> {
    const key = await secretOf(secret);
    if (key === undefined) return { kind: "refused", said: `there is no secret ${secret} to sign it with` };
    const body = JSON.stringify(notification);
    const timestamp = Math.floor(now() / 1_000);
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await fetch(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          "user-agent": `devflow/${version}`,
          "webhook-id": notification.id,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": signatureOf({ id: notification.id, timestamp, body }, key),
        },
        redirect: "manual",
        signal: AbortSignal.any([signal, late]),
      });
      await answer.body?.cancel();
      if (answer.ok) return { kind: "told" };
      const said = `it answers with HTTP ${answer.status}`;
      return { kind: answer.status >= 500 || LATER.has(answer.status) ? "failed" : "refused", said };
    } catch (error) {
      if (late.aborted) return { kind: "failed", said: `it has not answered within ${timeoutMs / 1_000} s` };
      return { kind: "failed", said: reason(error) };
    }
  }
  return { name: "webhook", tries, tell };
}

export function signatureOf(
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
  secret: string,
): string {
  const key = secret.startsWith(ENCODED) ? Buffer.from(secret.slice(ENCODED.length), "base64") : Buffer.from(secret);
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

/** What Node's fetch says is only "fetch failed": the reason is behind it. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return "code" in cause && cause.message === "" ? String(cause.code) : cause.message;
}
