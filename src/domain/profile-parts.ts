/** The small shapes that agents' profiles are made of. */
import { z } from "zod";

export const Argument = z.string().min(1).max(2_000);
export const Arguments = z.array(z.union([Argument, z.array(Argument).min(1)])).max(60);
export const Variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);
export const Path = z
  .string()
  .regex(/^[\w-]+(?:\.[\w-]+)*$/, "a path of names with dots between, as in part.tokens.input");
