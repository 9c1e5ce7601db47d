/** Notifications by programs: real ones, started without a shell, with nothing of the daemon's own around them. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { commandChannel, desktopChannel } from "../../../src/adapters/notifications/program.ts";
import { type Notification, testNotification } from "../../../src/domain/notification.ts";
import { isThere } from "../../support/alive.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

const NEVER = new AbortController().signal;
const TOLD: Notification = {
  ...testNotification("1", 0),
  what: "run.failed",
  text: '-i <b>it</b> $(touch never) & "fails" 실패',
  run: { id: "01RUN", template: "a@1", repo: "/home/kim/내 저장소", base: "main" },
  reason: { kind: "problem", code: "phase.timeout" },
};

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function program(name: string, text: string): string {
  const file = join(folder.path, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o700);
  return file;
}
const here = (env: Record<string, string> = {}) => ({
  env: { PATH: process.env.PATH ?? "", HOME: folder.path, OPENROUTER_API_KEY: "sk-or-v1-secret", ...env },
  cwd: folder.path,
});

describe("a command", () => {
  test("gets its arguments as they are, and the facts in its environment, and no key", async () => {
    const file = program("told.sh", 'printf "%s|" "$@" >args; env >env; printf %s "$DEVFLOW_NOTIFY_JSON" >json');
    expect(await commandChannel([file, "a b", "$HOME;x"], here()).tell(TOLD, NEVER)).toEqual({ kind: "told" });
    expect(readFileSync(join(folder.path, "args"), "utf8")).toBe("a b|$HOME;x|");
    expect(JSON.parse(readFileSync(join(folder.path, "json"), "utf8"))).toEqual(TOLD);
    const env = readFileSync(join(folder.path, "env"), "utf8");
    expect(env).toContain("DEVFLOW_NOTIFY_WHAT=run.failed\n");
    expect(env).toContain("DEVFLOW_NOTIFY_REPO=/home/kim/내 저장소\n");
    expect(env).toContain("DEVFLOW_NOTIFY_CODE=phase.timeout\n");
    expect(env).not.toContain("DEVFLOW_NOTIFY_PHASE");
    expect(env).not.toContain("sk-or-v1-secret");
    expect(existsSync(join(folder.path, "never"))).toBe(false);
  });

  test("that fails says how, and one that is not there too", async () => {
    const failing = program("fails.sh", "echo first >&2; echo no mail today >&2; exit 3");
    expect(await commandChannel([failing], here()).tell(TOLD, NEVER)).toEqual({
      kind: "failed",
      said: `${failing} ended with exit code 3: no mail today`,
    });
    expect(await commandChannel(["no-such-program"], here()).tell(TOLD, NEVER)).toEqual({
      kind: "refused",
      said: "no-such-program cannot be started: there is no such program on PATH",
    });
  });

  test("that hangs is ended with all that it has started", async () => {
    const file = program("hangs.sh", "sleep 600 & echo $! >child; wait");
    const answer = await commandChannel([file], { ...here(), timeoutMs: 1_500 }).tell(TOLD, NEVER);
    expect(answer).toEqual({ kind: "failed", said: `${file} has not ended within 1.5 s` });
    const child = Number(readFileSync(join(folder.path, "child"), "utf8"));
    await vi.waitFor(() => expect(isThere(child)).toBe(false), { timeout: 10_000 });
  });
});

describe("the desktop", () => {
  const bin = () => join(folder.path, "bin");
  const fake = (name: string) => {
    mkdirSync(bin());
    const file = join(bin(), name);
    writeFileSync(file, '#!/bin/sh\nfor one in "$@"; do printf "%s\\n" "$one"; done >args\nenv >env\n');
    chmodSync(file, 0o700);
    return { PATH: `${bin()}:${process.env.PATH}`, DISPLAY: ":7" };
  };
  const args = () => readFileSync(join(folder.path, "args"), "utf8").trimEnd().split("\n");

  test("is told by notify-send, what is said being neither an option nor markup", async () => {
    const env = fake("notify-send");
    const answer = await desktopChannel({ ...here(env), platform: "linux" }).tell(TOLD, NEVER);
    expect(answer).toEqual({ kind: "told" });
    expect(args()).toEqual([
      "--app-name=devflow",
      "--urgency=critical",
      "--",
      "devflow",
      '-i &lt;b&gt;it&lt;/b&gt; $(touch never) &amp; "fails" 실패',
    ]);
    expect(readFileSync(join(folder.path, "env"), "utf8")).toMatch(/^DISPLAY=:7$/m);
  });

  test("is told by osascript on macOS, what is said being no part of the script", async () => {
    const env = fake("osascript");
    await desktopChannel({ ...here(env), platform: "darwin" }).tell(TOLD, NEVER);
    expect(args().slice(-2)).toEqual(["devflow", TOLD.text]);
    expect(args().slice(0, -2)).toEqual(["-e", expect.any(String), "-e", expect.any(String), "-e", "end run"]);
  });

  test("that has no such program is told so", async () => {
    const env = { PATH: folder.path };
    expect(await desktopChannel({ ...here(env), platform: "linux" }).tell(TOLD, NEVER)).toEqual({
      kind: "refused",
      said: "notify-send cannot be started: there is no such program on PATH",
    });
  });
});
