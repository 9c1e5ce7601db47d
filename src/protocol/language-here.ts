/** The language of this process, settled as cheaply as can be: before every command, and without packages. */
import { readFileSync } from "node:fs";
import { type Language, languageFor, languageSetting } from "../domain/language.ts";
import { placesHere } from "./here.ts";

export const languageHere = (env: NodeJS.ProcessEnv = process.env): Language => languageFor(env, () => setting(env));

/** Nothing where there is no file; whatever else is wrong with it or its place is told by those who need it. */
function setting(env: NodeJS.ProcessEnv): string | undefined {
  try {
    return languageSetting(readFileSync(`${placesHere(env).config}/devflow.yaml`, "utf8"));
  } catch {
    return undefined;
  }
}
