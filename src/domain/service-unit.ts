/** The daemon as a service of the person's own session: a systemd user unit, or a launchd agent. Text only. */

export interface ServiceSpec {
  /** The program and its arguments, absolute. */
  argv: readonly [string, ...string[]];
  /** Variables that the daemon needs to find its home and its agents. Never a secret: the file can be read by others. */
  env: Readonly<Record<string, string>>;
  /** Where a person puts further variables, such as keys; only they can read it. */
  secrets: string;
  /** Where launchd writes what the daemon prints before its own log is open. */
  log: string;
}

export const SYSTEMD_UNIT = "devflowd.service";
export const LAUNCHD_LABEL = "dev.devflow.devflowd";

/** Variables that say where things are. */
export const SERVICE_ENV: readonly string[] = [
  "DEVFLOW_HOME",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_STATE_HOME",
  "XDG_CACHE_HOME",
  "PATH",
  "DEVFLOW_LANG",
  "LANG",
  "LC_ALL",
  "LC_MESSAGES",
];

/** The daemon says that it lives at half of this; one that hangs is ended and started again. */
const WATCHDOG_S = 120;
/** Longer than the daemon takes to let agents come to a point where stopping costs nothing. */
const STOP_S = 45;

/**
 * `KillMode=process`: agents live in panes that outlive the daemon, and systemd would end them with it otherwise.
 * The daemon's word comes from `systemd-notify`, a process of its own: hence `NotifyAccess=all`.
 */
export function systemdUnit({ argv, env, secrets }: ServiceSpec): string {
  return `[Unit]
Description=devflow: drives coding agents through workflows
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=notify
NotifyAccess=all
ExecStart=${argv.map(inUnit).join(" ")}
${Object.entries(env)
  .map(([name, value]) => `Environment=${inUnit(`${name}=${value}`)}`)
  .join("\n")}
EnvironmentFile=-${secrets.replaceAll("%", "%%")}
WatchdogSec=${WATCHDOG_S}
Restart=on-failure
RestartSec=5
KillMode=process
TimeoutStopSec=${STOP_S}

[Install]
WantedBy=default.target
`;
}

/** One word in systemd's quoting: `%` and `$` would be replaced otherwise. */
const inUnit = (word: string): string =>
  `"${word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$")}"`;

/** `AbandonProcessGroup`: as `KillMode` above. */
export function launchdPlist({ argv, env, log }: ServiceSpec): string {
  const strings = (values: readonly string[]) =>
    values.map((value) => `    <string>${inXml(value)}</string>`).join("\n");
  const pairs = Object.entries(env)
    .map(([name, value]) => `    <key>${inXml(name)}</key>\n    <string>${inXml(value)}</string>`)
    .join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LAUNCHD_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${strings(argv)}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${pairs}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>AbandonProcessGroup</key>
  <true/>
  <key>ExitTimeOut</key>
  <integer>${STOP_S}</integer>
  <key>StandardErrorPath</key>
  <string>${inXml(log)}</string>
</dict>
</plist>
`;
}

const inXml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
