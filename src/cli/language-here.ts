/** The language in this user's devflow.yaml, read as cheaply as can be: before every command, and without packages. */
import { readFileSync } from "node:fs";
import { languageSetting } from "../domain/language.ts";
import { placesHere } from "../protocol/here.ts";

/** Nothing where there is no file; whatever else is wrong with it or its place is told by those who need it. */
export function languageHere(env: NodeJS.ProcessEnv): string | undefined {
  try {
    return languageSetting(readFileSync(`${placesHere(env).config}/devflow.yaml`, "utf8"));
  } catch {
    return undefined;
  }
}
