/** The shipped agent profiles, read from their files. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { AgentProfile } from "../../src/domain/agent-profile.ts";

export const PROFILES = ["claude", "codex", "copilot", "gemini", "generic", "opencode", "paper", "pi", "qwen"] as const;

export const profile = (name: (typeof PROFILES)[number]): AgentProfile =>
  AgentProfile.parse(parse(readFileSync(fileURLToPath(new URL(`../../agents/${name}.yaml`, import.meta.url)), "utf8")));
