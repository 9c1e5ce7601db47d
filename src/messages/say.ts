/** Turns a key into the sentence that people read. */
import { sentence } from "../domain/failure.ts";
import { en, type MessageKey } from "./en.ts";

export const say = (key: MessageKey, params: Record<string, string | number> = {}): string => sentence(en[key], params);
