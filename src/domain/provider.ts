/** Provider: where models are served, over the API that OpenAI has made common, and whose key opens it. */
import { z } from "zod";
import { Slug } from "./names.ts";
import { SecretName } from "./secret.ts";

const Header = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "the name of an HTTP header");

export interface Provider {
  baseUrl: string;
  /** The name of the variable that has the key; without one none is sent. */
  key?: string;
  headers: Readonly<Record<string, string>>;
  free: boolean;
}

interface Known {
  openrouter: Provider;
  ollama: Provider;
}

/** By their names. */
type AllProviders = Readonly<Record<string, Provider> & Known>;

/** Those that every devflow knows; a setting of the same name changes only what it says. */
const KNOWN_PROVIDERS: Known = {
  openrouter: {
    baseUrl: "https://openrouter.ai/api/v1",
    key: "OPENROUTER_API_KEY",
    headers: { "X-Title": "devflow" },
    free: false,
  },
  ollama: { baseUrl: "http://127.0.0.1:11434/v1", headers: {}, free: true },
};

const ProviderSettings = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional()
    .describe("What comes before /chat/completions; one that is not known needs it"),
  key: SecretName.optional().describe(
    "The name of the key: a variable of the daemon's environment, or as devflow login keeps it; none is sent without",
  ),
  headers: z.record(Header, z.string().max(1_000)).optional().describe("Further headers of every request; no secrets"),
  free: z.boolean().optional().describe("Nothing that it serves costs anything"),
});

export const Providers = z
  .record(Slug, ProviderSettings)
  .refine((set) => Object.entries(set).every(([name, { baseUrl }]) => baseUrl || name in KNOWN_PROVIDERS), {
    message: `a provider needs a baseUrl, unless it is one of: ${Object.keys(KNOWN_PROVIDERS).join(", ")}`,
  })
  .default({})
  .describe("Where models are served, by the name that personas give: openrouter and ollama are known");

/** All that personas can name: the known ones, changed and added to by the settings. */
export function providersOf(settings: z.infer<typeof Providers>): AllProviders {
  const all: Record<string, Provider> & Known = { ...KNOWN_PROVIDERS };
  for (const [name, { baseUrl, key, headers, free }] of Object.entries(settings)) {
    const known = all[name];
    const keyName = key ?? known?.key;
    all[name] = {
      baseUrl: (baseUrl ?? known?.baseUrl ?? "").replace(/\/+$/, ""),
      ...(keyName !== undefined && { key: keyName }),
      headers: { ...known?.headers, ...headers },
      free: free ?? known?.free ?? false,
    };
  }
  return all;
}

/** What shares a limit or an outage: the place and the key, by its name. */
export const accountOf = ({ baseUrl, key }: Pick<Provider, "baseUrl" | "key">): string =>
  key === undefined ? baseUrl : `${baseUrl} ${key}`;
