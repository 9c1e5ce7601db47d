/**
 * Homes in which real agents talk to a scripted model on loopback and to nothing else, as a user would have configured them: a provider,
 * its key, no telemetry, no updates.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const MODEL = "scripted-model";
const KEY = "not-a-secret";
/** Claude Code asks about a key that it does not know, and knows it by its end. */
const CLAUDE_KEY = `sk-ant-${KEY}-0000000000000000`;

type Variables = Record<string, string>;

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function codex(home: string, modelUrl: string): Promise<Variables> {
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

async function opencode(home: string, modelUrl: string): Promise<Variables> {
  const config = {
    $schema: "https://opencode.ai/config.json",
    share: "disabled",
    permission: { bash: "ask" },
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

async function claude(home: string, modelUrl: string): Promise<Variables> {
  const known = {
    hasCompletedOnboarding: true,
    theme: "dark",
    customApiKeyResponses: { approved: [CLAUDE_KEY.slice(-20)], rejected: [] },
  };
  await put(join(home, ".claude.json"), JSON.stringify(known));
  // Its own patience with a model that refuses is minutes.
  await put(join(home, ".claude", "settings.json"), JSON.stringify({ env: { CLAUDE_CODE_MAX_RETRIES: "1" } }));
  return { HOME: home, ANTHROPIC_API_KEY: CLAUDE_KEY, ANTHROPIC_BASE_URL: modelUrl };
}

async function gemini(home: string, modelUrl: string): Promise<Variables> {
  const settings = {
    security: { auth: { selectedType: "gemini-api-key" } },
    // The model that it would choose by itself asks another one first.
    model: { name: "gemini-2.5-flash" },
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 1 },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
  };
  await put(join(home, ".gemini", "settings.json"), JSON.stringify(settings));
  return { HOME: home, GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: modelUrl };
}

async function qwen(home: string, modelUrl: string): Promise<Variables> {
  const settings = {
    security: { auth: { selectedType: "openai" } },
    general: { enableAutoUpdate: false },
    privacy: { usageStatisticsEnabled: false },
  };
  await put(join(home, ".qwen", "settings.json"), JSON.stringify(settings));
  return { HOME: home, OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${modelUrl}/v1`, OPENAI_MODEL: MODEL };
}

async function pi(home: string, modelUrl: string): Promise<Variables> {
  const folder = join(home, ".pi", "agent");
  const free = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 };
  const model = { id: MODEL, name: "Scripted", contextWindow: 128_000, maxTokens: 8_192, cost: free };
  const scripted = { baseUrl: `${modelUrl}/v1`, api: "openai-completions", apiKey: KEY, models: [model] };
  await put(join(folder, "models.json"), JSON.stringify({ providers: { scripted } }));
  await put(join(folder, "settings.json"), JSON.stringify({ defaultProvider: "scripted", defaultModel: MODEL }));
  return { HOME: home, PI_OFFLINE: "1" };
}

async function copilot(home: string, modelUrl: string): Promise<Variables> {
  await put(join(home, ".copilot", "config.json"), "{}");
  return {
    HOME: home,
    COPILOT_OFFLINE: "true",
    COPILOT_PROVIDER_BASE_URL: `${modelUrl}/v1`,
    COPILOT_PROVIDER_API_KEY: KEY,
    COPILOT_MODEL: MODEL,
  };
}

export const HOMES = { codex, opencode, claude, gemini, qwen, pi, copilot };
