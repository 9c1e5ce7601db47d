/** Turns a key, or a failure, into what people read, in the language that this process speaks. */
import { FAILURES, type FailureRecord, sentence } from "../domain/failure.ts";
import type { Language } from "../domain/language.ts";
import { ENGLISH_NOTIFICATIONS, type NotificationLanguage } from "../domain/notification-words.ts";
import { ENGLISH, type ReportLanguage } from "../domain/report-words.ts";
import { singular } from "./en/singular.ts";
import { en, type MessageKey } from "./en.ts";
import type { Tongue } from "./tongue.ts";

type Params = Readonly<Record<string, string | number>>;

let spoken: Tongue | undefined;

/** From here on this process speaks that language. Another one than English is loaded first. */
export async function speak(language: Language): Promise<void> {
  spoken = await tongueOf(language);
}

const tongueOf = async (language: Language): Promise<Tongue | undefined> =>
  language === "ko" ? (await import("./ko.ts")).ko : undefined;

/** A text that no language has yet is English. */
export const say = (key: MessageKey, params: Params = {}): string =>
  spoken === undefined
    ? sentence(singular(en[key], params), params)
    : filled(spoken.texts[key] ?? en[key], params, spoken);

export const isKey = (key: string): key is MessageKey => Object.hasOwn(en, key);

/** A failure's sentence and what to do; in English its own words, which may be those of another version of devflow. */
export const told = (failure: FailureRecord): { message: string; hint: string } => toldIn(spoken, failure);

function toldIn(
  tongue: Tongue | undefined,
  { code, message, hint, details }: FailureRecord,
): { message: string; hint: string } {
  const row = tongue?.failures[code];
  if (tongue === undefined || row === undefined) return { message, hint };
  // Said by another version with other words or facts: its own sentence is whole, one made of its facts may not be.
  if (message !== sentence(FAILURES[code].text, details)) return { message, hint };
  return { message: filled(row.text, details, tongue), hint: hint && tongue.finish(sentence(row.hint, details)) };
}

/** For reports, which are written in a language that is not chosen by whoever reads them. */
export async function reportLanguage(language: Language): Promise<ReportLanguage> {
  const tongue = await tongueOf(language);
  if (tongue === undefined) return ENGLISH;
  const texts: Readonly<Record<string, string>> = tongue.texts;
  return {
    word: (key, params = {}) => filled(tongue.report[key], params, tongue),
    state: (of, code) => texts[`${of}.${code}`] ?? code,
    told: (failure) => toldIn(tongue, failure),
    phrase: (said) => tongue.finish(tongue.phrase(said)),
  };
}

/** For notifications, which go to whoever may read them. */
export async function notificationLanguage(language: Language): Promise<NotificationLanguage> {
  const tongue = await tongueOf(language);
  if (tongue === undefined) return ENGLISH_NOTIFICATIONS;
  return {
    word: (key, params = {}) => filled(tongue.notification[key], params, tongue),
    told: (failure) => toldIn(tongue, failure),
  };
}

/** What a program of devflow has said in passing; never for what people and agents wrote. */
export const phrase = (said: string): string => (spoken === undefined ? said : spoken.finish(spoken.phrase(said)));

/** The description of something that devflow ships; never of what a person wrote, whatever its name. */
export const shipped = (description: string): string =>
  spoken === undefined ? description : spoken.shipped(description);

const filled = (template: string, params: Params, tongue: Tongue): string =>
  tongue.finish(sentence(template, translated(params, tongue)));

/** Parameters that hold words of devflow, outside of hints, which name commands; in all others are names, and what people and agents wrote. */
const PHRASES: ReadonlySet<string> = new Set(["problem", "cause", "reason", "said", "suggestion", "detail", "kind"]);
/** A part of a sentence that may be missing, such as ` in review`. */
const FRAGMENT = /^ in \S+$/;
/** Parameters that hold one of a set of words, and where these are among the texts. */
const STATES: Readonly<Record<string, readonly string[]>> = { state: ["status", "session"], scope: ["scope"] };

function translated(params: Params, tongue: Tongue): Record<string, string | number> {
  const texts: Readonly<Record<string, string>> = tongue.texts;
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (typeof value !== "string") return [name, value];
      const word = value.replaceAll(" ", "_");
      const family = STATES[name]?.find((one) => texts[`${one}.${word}`] !== undefined);
      if (family !== undefined) return [name, texts[`${family}.${word}`] ?? value];
      return [name, PHRASES.has(name) || FRAGMENT.test(value) ? tongue.phrase(value) : value];
    }),
  );
}
