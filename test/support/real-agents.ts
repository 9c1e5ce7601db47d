/**
 * Real coding agents for tests: pinned versions from npm in a cache folder outside the checkout. Claude Code is not open source: it is only
 * ever in that cache, and only for those who run the tests.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { HOMES } from "./agent-homes.ts";
import type { ProfileName } from "./profiles.ts";

interface Pinned {
  npm: string;
  version: string;
  profile: Exclude<ProfileName, "generic" | "paper">;
}

const PINNED = {
  codex: { npm: "@openai/codex", version: "0.169.0", profile: "codex" },
  opencode: { npm: "opencode-ai", version: "1.18.33", profile: "opencode" },
  claude: { npm: "@anthropic-ai/claude-code", version: "2.1.197", profile: "claude" },
  "claude-newer": { npm: "@anthropic-ai/claude-code", version: "2.1.329", profile: "claude" },
  gemini: { npm: "@google/gemini-cli", version: "0.61.0", profile: "gemini" },
  qwen: { npm: "@qwen-code/qwen-code", version: "0.15.10", profile: "qwen" },
  pi: { npm: "@mariozechner/pi-coding-agent", version: "0.73.1", profile: "pi" },
  copilot: { npm: "@github/copilot", version: "1.0.102", profile: "copilot" },
} as const satisfies Record<string, Pinned>;

export type RealAgentName = keyof typeof PINNED;
export const ALL_AGENTS = Object.keys(PINNED) as RealAgentName[];

export interface RealAgent {
  name: RealAgentName;
  version: string;
  /** The profile that it is driven by, which is also its command's name. */
  profile: Pinned["profile"];
  /** The program. */
  bin: string;
}

const cache = () => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "devflow", "test-agents");

const installs = new Map<RealAgentName, Promise<RealAgent>>();

/** The agent, installed when it is not there yet. The first time this takes some hundred megabytes. Tried once a process. */
export function realAgent(name: RealAgentName): Promise<RealAgent> {
  const known = installs.get(name) ?? installed(name);
  installs.set(name, known);
  return known;
}

async function installed(name: RealAgentName): Promise<RealAgent> {
  const { npm, version, profile } = PINNED[name];
  const folder = join(cache(), `${profile}-${version}`);
  const agent = { name, version, profile, bin: join(folder, "node_modules", ".bin", profile) };
  if (existsSync(agent.bin)) return agent;
  await mkdir(cache(), { recursive: true });
  process.stderr.write(`installing ${npm}@${version} into ${folder} (once)\n`);
  const draft = await mkdtemp(join(cache(), `.${name}-`));
  try {
    await writeFile(join(draft, "package.json"), JSON.stringify({ private: true, allowScripts: { [npm]: true } }));
    // Some say that they want a newer Node than they need.
    const args = ["install", ...QUIETLY, "--prefer-offline", "--force", `${npm}@${version}`];
    await execa("npm", args, { cwd: draft });
    // Another test file may have been faster: then its folder is as good.
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(agent.bin)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return agent;
}

/** Without a network this is known within seconds. */
const QUIETLY = ["--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"];

/** What a user would have configured: a model provider and its key. Returns the variables that a session of the agent needs. */
export const configureAgent = (name: RealAgentName, home: string, modelUrl: string): Promise<Record<string, string>> =>
  HOMES[PINNED[name].profile](home, modelUrl);
