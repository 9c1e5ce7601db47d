/**
 * What secrets look like that nobody has told devflow of: the shapes of providers' keys, headers, URLs with passwords, and
 * values that are given to a name such as `API_KEY`.
 *
 * K1. A shape begins at a literal of its own, so that a text without any of them is only searched, never matched.
 * K2. Of `password: …` only the value is the secret; of a key with a shape of its own, all of it.
 * K3. What stands for a secret is none: `$TOKEN`, `<your key>`, `process.env.KEY`, the name of a variable, asterisks.
 */
import { literalFinder } from "./literals.ts";

export interface Span {
  from: number;
  to: number;
}

interface Shape {
  /** Where to look closer, in lower case. */
  literals: readonly string[];
  /** Where the secret is, if it is one; `at` is where the literal begins. */
  look(text: string, at: number): Span | undefined;
}

/** A key stands alone, or behind an escape that ends in a letter: `\n` in JSON, `%3D` in a URL, `[31m` of a colour. */
const ALONE = "(?<=^|[^A-Za-z0-9]|\\\\[nrtbf]|%[0-9A-Fa-f]{2}|\\[[0-9;]*m)";

/** A key that its own look gives away. */
function key(pattern: string, ...literals: readonly string[]): Shape {
  const sticky = new RegExp(`${ALONE}(?:${pattern})`, "y");
  return {
    literals,
    look(text, at) {
      sticky.lastIndex = at;
      const found = sticky.exec(text);
      return found ? { from: at, to: at + found[0].length } : undefined;
    },
  };
}

/** A secret by what stands around it: the pattern names the group of it. */
function told(
  sticky: RegExp,
  allowed: (secret: string, found: RegExpExecArray) => boolean,
  ...literals: string[]
): Shape {
  return {
    literals,
    look(text, at) {
      sticky.lastIndex = at;
      const found = sticky.exec(text);
      const { before = "", secret = "" } = found?.groups ?? {};
      if (!found || stands(secret) || !allowed(secret, found)) return undefined;
      const from = at + before.length;
      return { from, to: endOf(text, from + secret.length) };
    },
  };
}

/** Patterns judge a value by its first part, so that no text makes them slow; the rest of it goes too. */
function endOf(text: string, judged: number): number {
  REST.lastIndex = judged;
  return judged + (REST.exec(text)?.[0].length ?? 0);
}
const REST = /(?<=[A-Za-z0-9+/=_.~-]{512})[A-Za-z0-9+/=_.~-]+/y;

/** What is written where a secret will be (K3). */
const STANDS_FOR_ONE =
  /^(?:[$<{%[(*#!]|\.{2}|…|x{4,}$|0+$|your|my[-_]|change|example|sample|placeholder|insert|redact|replace|none\b|null\b|nil\b|undefined\b|true\b|false\b|todo|dummy|fake|env[:.]|process\.|os\.|secrets\.|config\.|vault:|arn:|file:|https?:|aws4-|sha\d{1,3}[-:]|pass(?:word|wd|phrase)?$|secret$|user(?:name)?$|token$|string$|[~^>=]*v?\d+\.\d+\.)|\$\{|\.\.\.$|\*{3}/i;

const stands = (value: string): boolean => STANDS_FOR_ONE.test(value) || IS_PATH.test(value);
const IS_PATH = /^(?:[.~]{1,2}\/|\/(?:home|root|Users|tmp|var|etc|usr|opt|srv|mnt|run|data|app|dev|proc)\b)/;
/** `user.passwordHash2`, in code. */
const IS_CODE = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/;

/** How often lower case, upper case and digits take turns: often in what was drawn by lot, hardly ever in words. */
function turns(value: string): number {
  let before = "";
  let count = 0;
  for (const char of value) {
    const kind =
      char >= "0" && char <= "9" ? "9" : char >= "a" && char <= "z" ? "a" : char >= "A" && char <= "Z" ? "A" : "";
    // A capital and the small letters behind it are one word.
    if (kind !== "" && before !== "" && kind !== before && !(before === "A" && kind === "a")) count += 1;
    before = kind === "" ? before : kind;
  }
  return count;
}
const KEY_LENGTH = 16;
/** A long name in camel case has no digit; what was drawn by lot lacks one only when it is short. */
const drawnByLot = (value: string): boolean =>
  /\d/.test(value) &&
  value.length >= KEY_LENGTH &&
  turns(value) >= Math.max(4, value.length / 10) &&
  !IS_CODE.test(value);

const NAMES =
  /((?<name>(?<flag>--)?[A-Za-z0-9_.-]{0,80}?)(?<word>token|secret|passwd|password|passphrase|pwd|key|credentials?)(?:[_-]?\d{1,2})?(?:\\*["'`])?\]?(?:\s{0,4}(?:=>|:=|={1,2}|:)\s{0,4}|(?<space> )|(?<tag>>))(?<quote>\\*["'`])?)(?<value>[^\s"'`\\,;&|<>(){}[\]]{6,512})(?<after>[([]?)/iy;

/** A key of these is secret; a `primary_key` or a `cacheKey` is not. */
const SECRET_KEYS =
  /(?:api|apps?|access|secret|private|encrypt(?:ion)?|signing|auth|master|account|storage|service|client|shared|license|deploy|webhook|admin)[_.-]?$/i;
const LONGEST_NAME = 64;

/** `DB_PASSWORD=…`, `"apiKey": "…"`, `--token …`, `<password>…`. */
const assignment: Shape = {
  literals: ["token", "secret", "passw", "passphrase", "pwd", "key", "credential"],
  look(text, at) {
    let from = at;
    while (from > 0 && at - from < LONGEST_NAME && NAME_CHAR.test(text[from - 1] ?? "")) from -= 1;
    NAMES.lastIndex = from;
    const found = NAMES.exec(text);
    const { name = "", word = "", flag, space, tag, quote, value = "", after } = found?.groups ?? {};
    const [, before = ""] = found ?? [];
    const start = from + before.length;
    if (!found || start <= at || stands(value) || after !== "") return undefined;
    if (space !== undefined && flag === undefined && !NETRC.test(text.slice(Math.max(0, from - 200), from)))
      return undefined;
    if (tag !== undefined && text[from - 1] !== "<") return undefined;
    const given = {
      name,
      word: word.toLowerCase(),
      value,
      quoted: quote !== undefined,
      told: space !== undefined || tag !== undefined,
    };
    return isSecret(given) ? { from: start, to: endOf(text, start + value.length) } : undefined;
  },
};
const NAME_CHAR = /[A-Za-z0-9_.-]/;
const NETRC = /\blogin\s+\S+\s+$/;

interface Given {
  name: string;
  word: string;
  value: string;
  quoted: boolean;
  /** It can be nothing but a value: `--password …`, `<password>…`. */
  told: boolean;
}

function isSecret({ name, word, value, quoted, told }: Given): boolean {
  if (!quoted && IS_CODE.test(value)) return false;
  if (word === "pwd" && value.startsWith("/")) return false; // where a shell is, of all names
  const variable = name !== "" && name === name.toUpperCase() && word !== "";
  if (word.startsWith("pass") || word === "pwd")
    return variable || told ? /[A-Za-z]/.test(value) || value.length >= 8 : mixed(value);
  if (word === "key" && !SECRET_KEYS.test(name)) return variable && drawnByLot(value);
  if (variable || told) return value.length >= 8 && turns(value) > 0;
  return drawnByLot(value) || (value.length >= 8 && quoted && /\d/.test(value) && turns(value) >= 3);
}

/** Letters with a digit or a sign among them, as people make passwords; a word alone is more often a label. */
const mixed = (value: string): boolean => /[A-Za-z]/.test(value) && /[0-9!@#$%^&*+~?]/.test(value);

const PEM = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;
const PEM_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;
/** As it stands in a file, in JSON, in YAML. No quotes: what a cut key stands in goes on behind them. */
const PEM_BODY = /[A-Za-z0-9+/=\s\\:,.>|-]+/y;
const PEM_LINE = /[A-Za-z0-9+/=]{24,}/;
/** No private key is longer, as PEM. */
const LONGEST_PEM = 32 * 1024;

/** A private key, up to its end; or to where its lines end, when it was cut. */
const privateKey: Shape = {
  literals: ["-----begin "],
  look(text, at) {
    PEM.lastIndex = at;
    const head = PEM.exec(text);
    if (!head) return undefined;
    const start = at + head[0].length;
    const rest = text.slice(start, start + LONGEST_PEM);
    const dashes = rest.indexOf("-----");
    PEM_BODY.lastIndex = 0;
    const body = PEM_BODY.exec(dashes < 0 ? rest : rest.slice(0, dashes))?.[0] ?? "";
    if (!PEM_LINE.test(body)) return undefined;
    PEM_END.lastIndex = start + body.length;
    return { from: at, to: start + body.length + (PEM_END.exec(text)?.[0].length ?? 0) };
  },
};

const HEADER =
  /(?<before>authorization(?:\\*["'])?\s{0,2}[:=]\s{0,2}(?:\\*["'])?(?<scheme>(?:bearer|basic|token|bot|digest)\s+)?)(?<secret>[^\s"'`\\,;&|<>(){}[\]]{8,512})/iy;
const BEARER = /(?<before>bearer\s+)(?<secret>[A-Za-z0-9_\-.~+/=]{16,512})/iy;
/** What a URL needs not escape in its user and password; a password may hold more in practice, but no slash. */
const URL_PASSWORD = /(?<before>:\/\/[^\s/:@?#"'`<>\\]{0,256}:)(?<secret>[^\s/?"'`<>\\]{3,256})@/y;
const URL_TOKEN = /(?<before>:\/\/)(?<secret>[A-Za-z0-9_-]{20,256})@/y;

const SHAPES: readonly Shape[] = [
  key("sk-or-v1-[0-9A-Za-z]{20,}", "sk-or-"), // OpenRouter
  key("sk-ant-[A-Za-z0-9_-]{20,}", "sk-ant-"), // Anthropic, its OAuth tokens too
  key("sk-(?:proj|svcacct|admin|None|service)-[A-Za-z0-9_-]{20,}", "sk-"), // OpenAI
  key("sk-(?=[A-Za-z]{0,48}[0-9])[A-Za-z0-9]{32,}", "sk-"), // OpenAI of old, DeepSeek
  key("sk-(?:lf|kimi|cp|hl)-[A-Za-z0-9-]{20,}", "sk-"),
  key("(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{24,}", "sk_", "rk_", "whsec_"), // Stripe
  key("AIza[0-9A-Za-z_-]{35}", "aiza"), // Google
  key("ya29\\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}|1//0[0-9A-Za-z_-]{30,}", "ya29.", "gocspx-", "1//0"),
  key("gh[pousr]_[A-Za-z0-9]{30,}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"), // GitHub
  key("github_pat_[A-Za-z0-9_]{40,}", "github_pat_"),
  key(
    "gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|oas|imt)-[A-Za-z0-9_.-]{20,}",
    "glpat-",
    "gldt-",
    "glrt-",
    "glptt-",
    "glcbt-",
    "glft-",
    "glsoat-",
    "glagent-",
    "gloas-",
    "glimt-",
  ), // GitLab
  key("(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}(?![A-Za-z0-9])", "akia", "asia", "abia", "acca"), // AWS
  key("xox[abeoprs](?:\\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{20,}", "xox", "xapp-"), // Slack
  told(
    /(?<before>hooks\.slack\.com\/(?:services|workflows|triggers)\/)(?<secret>[A-Za-z0-9+/_]{30,})/iy,
    () => true,
    "hooks.slack.com/",
  ),
  key("npm_[A-Za-z0-9]{30,}", "npm_"),
  key("pypi-AgE[A-Za-z0-9_-]{50,}", "pypi-"),
  key("lsv2_(?:pt|sk)_[A-Za-z0-9_]{20,}|ls__[A-Za-z0-9]{20,}", "lsv2_", "ls__"), // LangSmith
  key("hf_[A-Za-z0-9]{30,}", "hf_"), // Hugging Face
  key(
    "gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{40,}|tvly-[A-Za-z0-9-]{20,}|r8_[A-Za-z0-9]{30,}|nvapi-[A-Za-z0-9_-]{40,}",
    "gsk_",
    "xai-",
    "pplx-",
    "tvly-",
    "r8_",
    "nvapi-",
  ),
  key("SG\\.[A-Za-z0-9_-]{16,100}\\.[A-Za-z0-9_-]{16,100}", "sg."), // SendGrid
  key(
    "hvs\\.[A-Za-z0-9_-]{20,}|dop_v1_[a-f0-9]{40,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|AGE-SECRET-KEY-1[0-9A-Z]{40,}",
    "hvs.",
    "dop_v1_",
    "shpat_",
    "shpca_",
    "shppa_",
    "shpss_",
    "age-secret-key-1",
  ),
  key("eyJ[A-Za-z0-9_-]{10,2000}\\.eyJ[A-Za-z0-9_-]{10,8000}(?:\\.[A-Za-z0-9_-]{0,2000})?", "eyj"), // JWT, a cut one too
  privateKey,
  told(
    HEADER,
    (secret, { groups }) => (groups?.scheme !== undefined ? !IS_CODE.test(secret) : drawnByLot(secret)),
    "authorization",
  ),
  told(BEARER, (secret) => turns(secret) > 1, "bearer "),
  told(URL_PASSWORD, (secret) => !secret.includes("@/"), "://"),
  told(URL_TOKEN, drawnByLot, "://"),
  assignment,
];

const LITERALS = [...new Set(SHAPES.flatMap(({ literals }) => literals))];
/** For each literal the shapes that may begin at it: also at a shorter literal, which it begins with. */
const LOOKS = LITERALS.map((literal) =>
  SHAPES.filter(({ literals }) => literals.some((other) => literal.startsWith(other))).map(({ look }) => look),
);
const finder = literalFinder(LITERALS, { fold: true });

/** The secrets in a text, by their shapes, in order. */
export function shapedSecrets(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (let found = finder.next(text, from); found; found = finder.next(text, from)) {
    const span = first(LOOKS[found.index] ?? [], text, found.at);
    if (span) spans.push(span);
    from = span ? Math.max(span.to, found.at + 1) : found.at + 1;
  }
  return spans;
}

function first(looks: readonly Shape["look"][], text: string, at: number): Span | undefined {
  for (const look of looks) {
    const span = look(text, at);
    if (span) return span;
  }
  return undefined;
}

/** A value that is longer, in one word, is no secret that begins with a name. */
const LONGEST_WORD = 600;
/** As many words as may stand between a name and its value: `Authorization: Bearer …`. */
const WORDS = /(?:\S+[ \t]+){0,2}\S+$/;
/** A word is held for its own sake from here on: most keys are longer, most words are not. */
const LONG_WORD = 16;
const OPEN_PEM = /^-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?(?:-{1,4}|-----[A-Za-z0-9+/=\s\\:,.>|-]*)?)?$/;
const BEGINNINGS = new Set(LITERALS.flatMap((literal) => [...literal].map((_, chars) => literal.slice(0, chars + 1))));

/**
 * Where a secret may begin that goes on behind the end of a text, by its shape; undefined when none can. Of short beginnings
 * only those of at least so many characters count.
 */
export function mayBeginSecret(text: string, atLeast: number): number | undefined {
  const pem = text.lastIndexOf("-----BEGIN ");
  if (pem >= 0 && text.length - pem <= LONGEST_PEM && OPEN_PEM.test(text.slice(pem))) return pem;
  const line = text.slice(Math.max(text.lastIndexOf("\n") + 1, text.length - LONGEST_WORD));
  const words = WORDS.exec(line)?.[0] ?? "";
  const word = /\S*$/.exec(words)?.[0] ?? "";
  if (word === "" || (atLeast > 0 && word.length < LONG_WORD)) return undefined;
  const open = finder.next(words, 0) !== undefined || endsInBeginning(word.toLowerCase());
  return open ? text.length - word.length : undefined;
}

function endsInBeginning(word: string): boolean {
  for (let chars = Math.min(word.length, LONG_WORD); chars > 0; chars -= 1)
    if (BEGINNINGS.has(word.slice(-chars))) return true;
  return false;
}
