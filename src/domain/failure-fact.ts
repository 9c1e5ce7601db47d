/** A failure as it stands in an event or a verdict: the shape of `FailureRecord`. */
import { z } from "zod";
import type { FailureCode } from "./failure.ts";

export const FailureFact = z.strictObject({
  code: z.custom<FailureCode>((code) => typeof code === "string"),
  message: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
});
