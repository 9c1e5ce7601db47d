/** The keyring of this system (Secret Service on Linux, Keychain on macOS), asked through a process that can be ended. */
import { existsSync } from "node:fs";
import { execa } from "execa";
import { jsonOf } from "../../domain/json-text.ts";
import { packed, unpacked } from "../../domain/secret.ts";
import { isTrouble, type SecretStore, type StoreTrouble } from "../../ports/secrets.ts";
import { mustHaveFiles } from "../system/spare-files.ts";
import { KeyringAnswer, type KeyringRequest } from "./keyring-protocol.ts";

export interface KeyringOptions {
  env: Readonly<Record<string, string | undefined>>;
  platform: string;
  /** The file of `keyring-program.ts`, as it is built. */
  program: string;
  /** Where somebody may be asked to open the keyring, longer. */
  limitMs?: number;
}

/** Measured at 5 to 60 ms; what takes longer waits for a person. */
const LIMIT_MS = 3_000;

/** All that it needs to find the bus, the keyring on it, and a screen to ask on. */
const PASSED = [
  "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
  "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME",
]; // biome-ignore format: read as words

export function keyring({ env, platform, program, limitMs = LIMIT_MS }: KeyringOptions): SecretStore {
  async function ask(request: KeyringRequest): Promise<Record<string, string> | StoreTrouble> {
    if (platform === "linux" && !hasBus(env)) return { trouble: "no_bus", said: "there is no session bus" };
    mustHaveFiles();
    const done = await execa(process.execPath, [program], {
      input: JSON.stringify(request),
      env: Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
      extendEnv: false,
      timeout: limitMs,
      killSignal: "SIGKILL",
      reject: false,
    });
    if (done.timedOut) return { trouble: "silent", said: `no answer within ${limitMs / 1_000} s` };
    const answer = KeyringAnswer.safeParse(jsonOf(done.stdout));
    if (!answer.success) return { trouble: "other", said: `its program ended with ${done.exitCode ?? done.signal}` };
    return "found" in answer.data ? answer.data.found : answer.data;
  }
  const changed = async (request: KeyringRequest): Promise<StoreTrouble | undefined> => {
    const answer = await ask(request);
    return isTrouble(answer) ? answer : undefined;
  };
  return {
    source: "keyring",
    async all() {
      const answer = await ask({ ask: "all" });
      if (isTrouble(answer)) return answer;
      return Object.fromEntries(Object.entries(answer).map(([name, text]) => [name, unpacked(text)]));
    },
    set: (name, secret) => changed({ ask: "set", name, value: packed(secret) }),
    delete: (name) => changed({ ask: "delete", name }),
  };
}

/** Whether there is a bus to ask on; where there is none, no process has to be started to find out. */
function hasBus({ DBUS_SESSION_BUS_ADDRESS: bus, XDG_RUNTIME_DIR: runtime }: KeyringOptions["env"]): boolean {
  return Boolean(bus) || Boolean(runtime && existsSync(`${runtime}/bus`));
}
