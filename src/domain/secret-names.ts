/** Which variables of an environment hold secrets, by how they are named; and passwords in addresses, whatever they are called. */

export const SECRET_NAME =
  /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|_AUTH|_PAT|_PWD)(?:_?\d{1,2})?$/i;
/** Of the other side of a pair of keys, and of things that are only called so. */
const NO_SECRET = /PUBLIC_KEY|(?:SORT|PRIMARY|PARTITION|CACHE)_KEY/i;
/** A file in which a secret is; its path is none. */
const PATH = /^(?:~|\.{1,2})?\/(?:[\w.@ -]+\/)*[\w.@ -]+$/;
/** Keys are longer, and hold a digit: `SIGNING_KEY=production` is a name. */
const WORD = /^[a-z_-]{1,15}$/i;
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:([^/\s@]+)@/i;

/** The values that must not be written anywhere. `isFile` says whether something is at a path. */
export function secretsIn(
  env: Readonly<Record<string, string | undefined>>,
  isFile: (path: string) => boolean = () => false,
): string[] {
  return Object.entries(env).flatMap(([name, value = ""]) => {
    const [, password] = URL_PASSWORD.exec(value) ?? [];
    const inAddress = password === undefined || WORD.test(password) ? [] : [password, decoded(password)];
    if (!SECRET_NAME.test(name) || NO_SECRET.test(name)) return inAddress;
    if (PATH.test(value) && isFile(value)) return [];
    return /KEY\d*$/i.test(name) && WORD.test(value) ? inAddress : [value, ...inAddress];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
