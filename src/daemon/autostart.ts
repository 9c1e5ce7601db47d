/** `devflowd service`: the daemon as a service that starts with the person's session. */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../domain/failure.ts";
import type { Places } from "../domain/places.ts";
import {
  LAUNCHD_LABEL,
  launchdPlist,
  SERVICE_ENV,
  type ServiceSpec,
  SYSTEMD_UNIT,
  systemdUnit,
} from "../domain/service-unit.ts";
import { systemProblem } from "../domain/system-problem.ts";
import { say } from "../messages/say.ts";
import { installedAt } from "../protocol/installation.ts";
import { SMALL_HEAP } from "./memory.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface Service {
  file: string;
  text: string;
  /** What the service manager has to be told once the file is there, and before it is removed. */
  enable: readonly (readonly [string, ...string[]])[];
  disable: readonly (readonly [string, ...string[]])[];
}

const MANAGER_MS = 10_000;

export async function service(
  what: string,
  places: Places,
  env: Environment,
  print: (line: string) => void,
): Promise<void> {
  const { file, text, enable, disable } = serviceOf(places, env);
  switch (what) {
    case "show":
      print(`# ${[file, remark(file, text)].filter(Boolean).join(" ")}`);
      print(text.trimEnd());
      return;
    case "install":
      write(file, text);
      print(say("service.wrote", { file }));
      for (const argv of enable) if (!(await told(argv, print))) return;
      print(say("service.starts"));
      return;
    case "uninstall":
      if (!existsSync(file)) return print(say("service.none", { file }));
      for (const argv of disable) await told(argv, print);
      rmSync(file);
      print(say("service.removed", { file }));
      return;
    default:
      throw new Failure("usage.invalid", { problem: say("service.say_what") });
  }
}

/** Nothing when it is there as it should be. */
function remark(file: string, text: string): string {
  if (!existsSync(file)) return say("service.not_installed");
  return readFileSync(file, "utf8") === text ? "" : say("service.differs");
}

function serviceOf(places: Places, env: Environment): Service {
  const program = join(installedAt(), "bin", "devflowd");
  const kept = SERVICE_ENV.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const spec: ServiceSpec = {
    argv: [process.execPath, ...SMALL_HEAP, program, "start", "--foreground"],
    env: Object.fromEntries(kept),
    secrets: join(places.config, "service.env"),
    log: join(places.state, "devflowd.out"),
  };
  if (process.platform === "darwin") {
    const file = join(homedir(), "Library", "LaunchAgents", `${LAUNCHD_LABEL}.plist`);
    const domain = `gui/${process.getuid?.() ?? 0}`;
    return {
      file,
      text: launchdPlist(spec),
      enable: [["launchctl", "bootstrap", domain, file]],
      disable: [["launchctl", "bootout", `${domain}/${LAUNCHD_LABEL}`]],
    };
  }
  return {
    file: join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "systemd", "user", SYSTEMD_UNIT),
    text: systemdUnit(spec),
    enable: [
      ["systemctl", "--user", "daemon-reload"],
      ["systemctl", "--user", "enable", "--now", SYSTEMD_UNIT],
    ],
    disable: [["systemctl", "--user", "disable", "--now", SYSTEMD_UNIT]],
  };
}

function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o644);
  } catch (cause) {
    throw new Failure("home.unusable", { path: file, problem: systemProblem(cause) }, { cause });
  }
}

/** Whether the service manager did it; when it did not, a person is told what to type where it can be reached. */
async function told(
  [program, ...args]: readonly [string, ...string[]],
  print: (line: string) => void,
): Promise<boolean> {
  try {
    await promisify(execFile)(program, args, { timeout: MANAGER_MS });
    return true;
  } catch (error) {
    const [why = "it did not answer"] = String(Object(error).stderr || Object(error).message)
      .trim()
      .split("\n");
    print(say("service.not_told", { problem: why, command: [program, ...args].join(" ") }));
    return false;
  }
}
