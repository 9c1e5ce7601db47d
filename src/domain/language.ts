/**
 * Which language devflow speaks to a person.
 *
 * L1. `DEVFLOW_LANG` wins, then the setting `language`, then the locale as the C library reads it: the first of LC_ALL,
 *     LC_MESSAGES and LANG that is set. Whatever none of them settles is English.
 * L2. A locale that names another character set than UTF-8 cannot show Korean: it is English.
 * L3. What programs read, `--json` and codes, has no language.
 */

export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];

const isLanguage = (word: string | undefined): word is Language => LANGUAGES.some((known) => known === word);

export function languageFor(
  env: Readonly<Record<string, string | undefined>>,
  setting: () => string | undefined,
): Language {
  const asked = env.DEVFLOW_LANG?.toLowerCase();
  if (isLanguage(asked)) return asked;
  const set = setting();
  if (isLanguage(set)) return set;
  return ofLocale([env.LC_ALL, env.LC_MESSAGES, env.LANG].find((value) => value) ?? "");
}

/** `ko_KR.UTF-8`: language, region, character set. */
function ofLocale(locale: string): Language {
  const [, language, charset] = /^([a-z]+)(?:[_-][a-z]+)?(?:\.([\w-]+))?/i.exec(locale) ?? [];
  const shows = charset === undefined || /^utf-?8$/i.test(charset);
  const word = language?.toLowerCase();
  return shows && isLanguage(word) ? word : "en";
}

/**
 * The setting as it stands in devflow.yaml, without a YAML parser: the thin client looks at this file each time it starts.
 * A file that says it in another of YAML's ways is as if it said nothing; what is wrong with it, its own readers tell.
 */
export const languageSetting = (yaml: string): string | undefined =>
  /^language:[ \t]+["']?([a-z]+)["']?[ \t]*(?:#.*)?$/m.exec(yaml)?.[1];
