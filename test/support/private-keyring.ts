/** A real gnome-keyring on a bus of its own, in a folder of its own; or each of the ways in which there can be none. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAMS = ["dbus-run-session", "gnome-keyring-daemon"];

/** Which of the programs are missing here. */
export const missingPrograms = (): string[] =>
  PROGRAMS.filter((program) => {
    try {
      execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });

/** What is on the bus: an open keyring, one that nobody has opened, a program without a keyring, or no program. */
export type Scene = "open" | "locked" | "no keyring" | "no program";

const UNLOCK = (password: string) =>
  `printf ${password} | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1`;

// biome-ignore format: one scene a line
const SCRIPTS: Record<Scene, string> = {
  open: UNLOCK("open-sesame"),
  locked: `${UNLOCK("wrong")}; true`,
  "no keyring": "gnome-keyring-daemon --start --components=secrets --daemonize >/dev/null 2>&1",
  "no program": "true",
};

export interface PrivateKeyring {
  /** What a program needs to find it. */
  env: Record<string, string>;
  close(): Promise<void>;
}

export interface KeyringHome {
  folder: string;
  enter(scene: Scene): Promise<PrivateKeyring>;
  remove(): void;
}

export function keyringHome(): KeyringHome {
  const folder = mkdtempSync(join(tmpdir(), "dfk-"));
  const places = { HOME: "home", XDG_DATA_HOME: "data", XDG_RUNTIME_DIR: "run", XDG_CONFIG_HOME: "config" };
  const own = Object.fromEntries(Object.entries(places).map(([name, place]) => [name, join(folder, place)]));
  for (const path of Object.values(own)) mkdirSync(path, { recursive: true, mode: 0o700 });
  return {
    folder,
    enter: (scene) => enter(scene, own, folder),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** An empty configuration: without it the bus starts a keyring's program as soon as somebody asks for one. */
const bare = (folder: string): string => `
<busconfig><type>session</type><listen>unix:dir=${folder}/run</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow own="*"/><allow eavesdrop="true"/></policy></busconfig>`;

async function enter(scene: Scene, own: Record<string, string>, folder: string): Promise<PrivateKeyring> {
  const { writeFileSync } = await import("node:fs");
  const config = join(folder, "bus.conf");
  writeFileSync(config, bare(folder));
  // The bus gives its own environment to whoever it starts, so that has to be the private one already.
  const script = `${SCRIPTS[scene]}; printf '%s\\n' "$DBUS_SESSION_BUS_ADDRESS"; cat >/dev/null`;
  const bus = spawn("dbus-run-session", ["--config-file", config, "--", "sh", "-c", script], {
    env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", ...own },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => void bus.once("close", () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    bus.stdout.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
    bus.once("error", reject);
    bus.once("exit", (code) => reject(new Error(`the bus ended with ${code}`)));
  });
  return {
    env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", ...own, DBUS_SESSION_BUS_ADDRESS: address },
    close: async () => {
      bus.stdin.end(); // the script ends, and with it the bus and whoever is on it
      await ended;
    },
  };
}
