/**
 * Real coding agents for tests: pinned versions from npm in a cache folder outside the checkout, and homes in which they talk to a
 * scripted model on loopback and to nothing else.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";

const PINNED = {
  codex: { npm: "@openai/codex", version: "0.169.0" },
  opencode: { npm: "opencode-ai", version: "1.18.33" },
  gemini: { npm: "@google/gemini-cli", version: "0.61.0" },
} as const;

export type RealAgentName = keyof typeof PINNED;
export const REAL_AGENTS = ["codex", "opencode"] as const satisfies RealAgentName[];

export interface RealAgent {
  name: RealAgentName;
  version: string;
  /** The program. */
  bin: string;
}

const cache = () => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "devflow", "test-agents");

/** The agent, installed when it is not there yet. The first time this takes some hundred megabytes. */
export async function realAgent(name: RealAgentName): Promise<RealAgent> {
  const { npm, version } = PINNED[name];
  const folder = join(cache(), `${name}-${version}`);
  const agent = { name, version, bin: join(folder, "node_modules", ".bin", name) };
  if (existsSync(agent.bin)) return agent;
  await mkdir(cache(), { recursive: true });
  process.stderr.write(`installing ${npm}@${version} into ${folder} (once)\n`);
  const draft = await mkdtemp(join(cache(), `.${name}-`));
  try {
    await writeFile(join(draft, "package.json"), JSON.stringify({ private: true, allowScripts: { [npm]: true } }));
    await execa("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", `${npm}@${version}`], { cwd: draft });
    // Another test file may have been faster: then its folder is as good.
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(agent.bin)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return agent;
}

export const MODEL = "scripted-model";

/** What a user would have configured: a model provider and its key. Returns the variables that a session of the agent needs. */
export async function configureAgent(
  name: RealAgentName,
  home: string,
  modelUrl: string,
): Promise<Record<string, string>> {
  if (name === "gemini") return configureGemini(home, modelUrl);
  return name === "codex" ? configureCodex(home, modelUrl) : configureOpencode(home, modelUrl);
}

async function configureGemini(home: string, modelUrl: string): Promise<Record<string, string>> {
  const settings = {
    security: { auth: { selectedType: "gemini-api-key" } },
    // The model that it would choose by itself asks another one first.
    model: { name: "gemini-2.5-flash" },
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 1 },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
  };
  await put(join(home, ".gemini", "settings.json"), JSON.stringify(settings));
  return { HOME: home, GEMINI_API_KEY: "not-a-secret", GOOGLE_GEMINI_BASE_URL: modelUrl };
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function configureCodex(home: string, modelUrl: string): Promise<Record<string, string>> {
  const folder = join(home, ".codex");
  await put(
    join(folder, "config.toml"),
    `model = "${MODEL}"
model_provider = "scripted"

[model_providers.scripted]
name = "scripted"
base_url = "${modelUrl}/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"

[analytics]
enabled = false
`,
  );
  return { HOME: home, CODEX_HOME: folder, OPENAI_API_KEY: "not-a-secret" };
}

async function configureOpencode(home: string, modelUrl: string): Promise<Record<string, string>> {
  const config = {
    $schema: "https://opencode.ai/config.json",
    share: "disabled",
    model: `scripted/${MODEL}`,
    small_model: `scripted/${MODEL}`,
    provider: {
      scripted: {
        npm: "@ai-sdk/openai-compatible",
        name: "Scripted",
        options: { baseURL: `${modelUrl}/v1`, apiKey: "not-a-secret" },
        models: {
          [MODEL]: { name: "Scripted", cost: { input: 1, output: 2 }, limit: { context: 128_000, output: 8_192 } },
        },
      },
    },
  };
  await put(join(home, ".config", "opencode", "opencode.json"), JSON.stringify(config, null, 2));
  return { HOME: home, OPENCODE_DISABLE_MODELS_FETCH: "1" };
}
