import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { launchdPlist, SYSTEMD_UNIT, systemdUnit } from "../../src/domain/service-unit.ts";
import { type DevflowdHome, devflowdHome } from "../support/devflowd.ts";
import { tempDirectory } from "../support/temp.ts";

const ODD = '/home/한 국/100%/$HOME/"x"\\y';
const spec = (program: string) => ({
  argv: [program, "start", "--foreground", "a b", "100%", "$HOME", 'say "hi"'] as const,
  env: { DEVFLOW_HOME: ODD, PATH: `/usr/bin:${ODD}` },
  secrets: "/home/한 국/100%/service.env",
  log: "/home/<a> & b/devflowd.out",
});

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

describe("the service unit", () => {
  it.runIf(has("systemd-analyze"))("is valid, whatever the paths are", () => {
    const folder = tempDirectory();
    const program = join(folder, "devflowd");
    writeFileSync(program, "#!/bin/sh\n");
    chmodSync(program, 0o755);
    const file = join(folder, SYSTEMD_UNIT);
    writeFileSync(file, systemdUnit(spec(program)));
    const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder };
    const checked = spawnSync("systemd-analyze", ["--user", "verify", file], { env, encoding: "utf8" });
    const about = checked.stderr.split("\n").filter((line) => line.includes("devflowd"));
    expect(about).toEqual([]);
    expect(checked.status).toBe(0);
  });

  it("keeps systemd from replacing anything in it, and from ending agents with the daemon", () => {
    const unit = systemdUnit(spec("/opt/devflowd"));
    expect(unit).toContain(`ExecStart="/opt/devflowd" "start" "--foreground" "a b" "100%%" "$$HOME" "say \\"hi\\""`);
    expect(unit).toContain(`Environment="DEVFLOW_HOME=/home/한 국/100%%/$$HOME/\\"x\\"\\\\y"`);
    expect(unit).toContain("KillMode=process");
  });

  it("is a plist whose texts are escaped", () => {
    const plist = launchdPlist(spec("/opt/devflowd"));
    expect(plist).toContain("<string>/home/&lt;a&gt; &amp; b/devflowd.out</string>");
    expect(plist).toContain("<key>AbandonProcessGroup</key>");
  });
});

describe("devflowd service", { timeout: 60_000 }, () => {
  let home: DevflowdHome;
  let folder: string;
  let env: Record<string, string>;
  const unit = () => join(folder, "config", "systemd", "user", SYSTEMD_UNIT);
  const said = (file: string): string[] =>
    existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trimEnd().split("\n") : [];

  /** A service manager that writes down what it is told. */
  function manager(program: string, then = ""): void {
    const file = join(folder, "bin", program);
    writeFileSync(file, `#!/bin/sh\necho "$@" >> "${join(folder, `${program}.told`)}"\n${then}\n`);
    chmodSync(file, 0o755);
  }

  beforeEach(() => {
    home = devflowdHome();
    folder = tempDirectory();
    mkdirSync(join(folder, "bin"));
    env = {
      PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}`,
      XDG_CONFIG_HOME: join(folder, "config"),
      OPENROUTER_API_KEY: "sk-or-v1-not-for-the-unit",
    };
  });
  afterEach(() => home.remove());

  it.runIf(process.platform === "linux")("is installed, shown and removed, without a key in it", async () => {
    manager("systemctl");
    expect((await home.devflowd(["service", "show"], env)).out).toContain(`# ${unit()} (not installed)`);
    const installed = await home.devflowd(["service", "install"], env);
    expect(installed).toMatchObject({ code: 0, err: "" });
    const text = readFileSync(unit(), "utf8");
    expect(text).toContain(`DEVFLOW_HOME=${home.env.DEVFLOW_HOME}`);
    expect(text).not.toContain("sk-or");
    expect((await home.devflowd(["service", "show"], env)).out).toBe(`# ${unit()}\n${text}`);
    expect((await home.devflowd(["service", "uninstall"], env)).code).toBe(0);
    expect(existsSync(unit())).toBe(false);
    expect(said("systemctl.told")).toEqual([
      "--user daemon-reload",
      "--user enable --now devflowd.service",
      "--user disable --now devflowd.service",
    ]);
  });

  it.runIf(process.platform === "linux")("says what to type where there is no service manager", async () => {
    manager("systemctl", 'echo "Failed to connect to bus: No medium found" >&2; exit 1');
    const { code, out } = await home.devflowd(["service", "install"], env);
    expect(code).toBe(0);
    expect(out).toContain("Failed to connect to bus");
    expect(out).toContain("type: systemctl --user daemon-reload");
    expect(existsSync(unit())).toBe(true);
  });

  it("refuses what is no such word", async () => {
    expect(await home.devflowd(["service", "enable"], env)).toMatchObject({ code: 2 });
    expect(await home.devflowd(["start", "now"], env)).toMatchObject({ code: 2 });
  });

  it("tells systemd that it is ready, that it lives and that it stops, and keeps that from its agents", async () => {
    manager("systemd-notify", `env | grep -c WATCHDOG_USEC >> "${join(folder, "leaked")}"`);
    const daemon = home.spawn(["start", "--foreground"], {
      ...env,
      NOTIFY_SOCKET: "/nowhere",
      WATCHDOG_USEC: "200000",
    });
    await vi.waitFor(() => expect(said("systemd-notify.told")).toContain("WATCHDOG=1"), { timeout: 20_000 });
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill("SIGTERM");
    await ended;
    await vi.waitFor(() => expect(said("systemd-notify.told").at(-1)).toBe("STOPPING=1"), { timeout: 5_000 });
    expect(said("systemd-notify.told")[0]).toBe(`READY=1 MAINPID=${daemon.pid}`);
    expect(new Set(said("leaked"))).toEqual(new Set(["0"]));
  });
});
