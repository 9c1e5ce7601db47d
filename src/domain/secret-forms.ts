/**
 * How a secret whose value is known may stand in a text: as it is, inside JSON (and JSON inside JSON), in a URL, as hex, and
 * inside base64, where it looks different at each of three places that it can begin at.
 */

/** Shorter ones are words that would be found everywhere. */
export const MIN_SECRET_CHARS = 8;
/** Of a secret of several lines each line this long is one too: a terminal or a log may show them one by one. */
const MIN_LINE_CHARS = 20;

export function formsOf(secret: string): string[] {
  if (secret.trim().length < MIN_SECRET_CHARS) return [];
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= MIN_LINE_CHARS && !line.startsWith("-----"));
  const whole = [secret, secret.trim()];
  const forms = [...whole, ...(lines.length > 1 ? lines : [])].flatMap(encoded);
  return [...new Set(forms)].filter(({ length }) => length >= MIN_SECRET_CHARS);
}

function encoded(given: string): string[] {
  const text = new TextDecoder().decode(new TextEncoder().encode(given)); // half a character cannot be encoded
  const json = JSON.stringify(text).slice(1, -1);
  const bytes = new TextEncoder().encode(text);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const url = encodeURIComponent(text);
  const base64 = [0, 1, 2].map((offset) => insideBase64(bytes, offset));
  return [
    text,
    json,
    json.replaceAll("/", "\\/"),
    ascii(json),
    JSON.stringify(json).slice(1, -1),
    url,
    url.replace(/%[0-9A-F]{2}/g, (percent) => percent.toLowerCase()),
    url.replaceAll("%20", "+"),
    encodeURI(text),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

/** As programs write JSON that keep to ASCII. */
const ascii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The characters of base64 that these bytes alone decide, when `offset` bytes of a group of three come before them. */
function insideBase64(bytes: Uint8Array, offset: number): string {
  const padded = String.fromCharCode(...new Uint8Array(offset), ...bytes);
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor((padded.length * 8) / 6);
  return btoa(padded).slice(from, to);
}
