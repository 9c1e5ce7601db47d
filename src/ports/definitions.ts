/** Personas, templates and schemas: shipped with devflow, in the user's configuration, or in the repository; the last wins. */
import type { Persona } from "../domain/persona.ts";
import type { Template } from "../domain/template.ts";

export interface Definition<T> {
  value: T;
  /** SHA-256 over the canonical JSON of `value`. */
  hash: string;
  /** The file it came from. */
  source: string;
  origin: "shipped" | "user" | "repository";
  /** What is odd about it without being wrong, with file:line. */
  warnings?: readonly string[];
}

export interface JsonSchema {
  name: string;
  version: number;
  description: string;
  schema: Record<string, unknown>;
}

/** A file that could not be used: listed with the good ones, so that nothing vanishes silently. */
export interface Broken {
  source: string;
  error: Error;
}

export interface Shelf<T> {
  list(repo?: string): Promise<{ good: readonly Definition<T>[]; broken: readonly Broken[] }>;
  /** Throws `Failure` `definition.not_found`, or the error of the file that is broken. */
  get(reference: string, repo?: string): Promise<Definition<T>>;
  /** Reads one file as this kind; throws `Failure` with file:line for what is wrong. */
  validate(file: string, repo?: string): Promise<Definition<T>>;
}

export interface Definitions {
  personas: Shelf<Persona>;
  templates: Shelf<Template>;
  schemas: Shelf<JsonSchema>;
}
