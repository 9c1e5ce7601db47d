/**
 * A program of its own that asks this system's keyring one thing: the request comes as JSON on stdin, the answer goes as
 * JSON to stdout. Of its own because a keyring may ask somebody for a password, for as long as that takes: a process can
 * be ended then, a thread of the daemon cannot. Nothing secret is ever in its arguments.
 */
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import type { KeyringAnswer, KeyringRequest } from "./keyring-protocol.ts";
import { troubleOf } from "./keyring-trouble.ts";

/** Under this name a person sees them in the keyring's own window. */
const SERVICE = "devflow";

async function answer(request: KeyringRequest): Promise<KeyringAnswer> {
  const keyring = await import("@napi-rs/keyring").catch((error: unknown) => error);
  if (!isKeyring(keyring)) return { trouble: "no_library", said: String(keyring) };
  // Without this, Linux's kernel keyring is taken silently where no other is: it forgets, and does not give back.
  const entry = (name: string) => new keyring.Entry(SERVICE, name, { linux: { store: "secret-service" } });
  try {
    switch (request.ask) {
      case "all":
        entry(randomUUID()).getPassword(); // one that is missing is told by what is pinned, not by what is fallen back on
        return {
          found: Object.fromEntries(keyring.findCredentials(SERVICE).map((one) => [one.account, one.password])),
        };
      case "set":
        entry(request.name).setPassword(request.value);
        return { found: {} };
      case "delete":
        entry(request.name).deleteCredential();
        return { found: {} };
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { trouble: troubleOf(said), said };
  }
}

type Keyring = typeof import("@napi-rs/keyring");

const isKeyring = (loaded: unknown): loaded is Keyring =>
  typeof loaded === "object" && loaded !== null && "Entry" in loaded;

process.stdout.write(JSON.stringify(await answer(JSON.parse(await text(process.stdin)) as KeyringRequest)));
