/** What the screens of recordings were, from a file beside them. */
import { readFile } from "node:fs/promises";
import { sep } from "node:path";
import { z } from "zod";
import { Failure } from "../domain/failure.ts";
import { readJson } from "../domain/json-text.ts";
import type { Label } from "../domain/labels.ts";
import { systemProblem } from "../domain/system-problem.ts";

const LabelFile = z.object({
  casts: z.array(
    z.object({
      file: z.string(),
      package: z.string().optional(),
      marks: z.array(z.object({ t: z.number(), state: z.string() })),
    }),
  ),
});

/** The labels of one recording, and the version in its package's name. Throws `cast.invalid` when the file has none for it. */
export async function readLabels(
  file: string,
  cast: string,
): Promise<{ labels: readonly Label[]; version: string | undefined }> {
  const wrong = (problem: string) => new Failure("cast.invalid", { where: file, problem });
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw wrong(systemProblem(error));
  });
  const json = readJson(text);
  const read = LabelFile.safeParse(json.ok ? json.value : undefined);
  if (!read.success) throw wrong("it does not hold the labels of recordings");
  const path = cast.split(sep).join("/");
  const found = read.data.casts.find((one) => path === one.file || path.endsWith(`/${one.file}`));
  if (!found) throw wrong(`it has no labels for ${cast}`);
  return {
    labels: found.marks.map(({ t, state }) => ({ at: Math.round(t * 1_000), state })),
    version: found.package?.split("@").slice(1).at(-1),
  };
}
