/** The shipped agent profiles, read from their files. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { AgentProfile } from "../../src/domain/agent-profile.ts";

export const PROFILES = ["claude", "codex", "copilot", "gemini", "generic", "opencode", "paper", "pi", "qwen"] as const;
export type ProfileName = (typeof PROFILES)[number];

export const profile = (name: ProfileName): AgentProfile =>
  AgentProfile.parse(parse(readFileSync(fileURLToPath(new URL(`../../agents/${name}.yaml`, import.meta.url)), "utf8")));
