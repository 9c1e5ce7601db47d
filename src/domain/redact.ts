/**
 * Redaction: takes secrets out of text before it is written anywhere.
 * First every secret that devflow knows by value, then shapes that keys are known to have.
 */

const MASK = "[redacted]";

/** Shorter values are words that would be found everywhere. */
const MIN_SECRET = 8;

// biome-ignore format: one shape a line
const SHAPES: readonly RegExp[] = [
  /\bsk-or-v1-[0-9a-f]{20,}/g,                                   // OpenRouter
  /\bsk-ant-[A-Za-z0-9_-]{20,}/g,                                // Anthropic, OAuth tokens too
  /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}/g,                 // OpenAI
  /\bAIza[0-9A-Za-z_-]{35}/g,                                    // Google
  /\bya29\.[0-9A-Za-z_-]{20,}/g,                                 // Google OAuth
  /\bgh[pousr]_[A-Za-z0-9]{30,}/g,                               // GitHub
  /\bgithub_pat_[A-Za-z0-9_]{40,}/g,
  /\bglpat-[A-Za-z0-9_-]{20,}/g,                                 // GitLab
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,                              // AWS
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,                           // Slack
  /\bnpm_[A-Za-z0-9]{30,}/g,
  /\bls(?:v2)?_(?:pt|sk)_[A-Za-z0-9_]{20,}/g,                    // LangSmith
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g, // JWT
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/g,
];

/** Variables whose values are secrets, by how they are named. */
export const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;

const BEARER = /\b(Authorization\s*:\s*(?:Bearer|Basic|token)\s+)[^\s"',;]+/gi;
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:)[^\s/@]+(@)/gi;

export type Redact = (text: string) => string;

/** A redactor that knows these secrets by value, as they stand and as they look inside JSON and URLs. */
export function redactor(secrets: readonly string[]): Redact {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET);
  const forms = new Set(
    known.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]),
  );
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (text) => {
    let out = text;
    for (const form of longestFirst) if (out.includes(form)) out = out.replaceAll(form, MASK);
    for (const shape of SHAPES) out = out.replace(shape, MASK);
    return out.replace(BEARER, `$1${MASK}`).replace(URL_PASSWORD, `$1${MASK}$2`);
  };
}
