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
  say: (line: string) => void,
): Promise<void> {
  const { file, text, enable, disable } = serviceOf(places, env);
  switch (what) {
    case "show":
      say(
        `# ${file}${existsSync(file) ? (readFileSync(file, "utf8") === text ? "" : " (what is there differs)") : " (not installed)"}`,
      );
      say(text.trimEnd());
      return;
    case "install":
      write(file, text);
      say(`wrote ${file}`);
      for (const argv of enable) if (!(await told(argv, say))) return;
      say("devflowd starts with your session; devflowd status shows it");
      return;
    case "uninstall":
      if (!existsSync(file)) return say(`there is no ${file}`);
      for (const argv of disable) await told(argv, say);
      rmSync(file);
      say(`removed ${file}; agents in terminals live on`);
      return;
    default:
      throw new Failure("usage.invalid", { problem: `say what to do with the service: install, uninstall or show` });
  }
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
async function told([program, ...args]: readonly [string, ...string[]], say: (line: string) => void): Promise<boolean> {
  try {
    await promisify(execFile)(program, args, { timeout: MANAGER_MS });
    return true;
  } catch (error) {
    const [why = "it did not answer"] = String(Object(error).stderr || Object(error).message)
      .trim()
      .split("\n");
    say(`the service manager could not be told (${why}); in your own session, type: ${[program, ...args].join(" ")}`);
    return false;
  }
}
