/** The settings file. One that is not there means the defaults. */
import { readFile } from "node:fs/promises";
import { Config } from "../../domain/config.ts";
import { Failure } from "../../domain/failure.ts";
import { systemProblem } from "../../domain/system-problem.ts";
import { errorCode } from "../system/whole-file.ts";
import { readOne } from "./one-file.ts";

export async function readConfig(file: string): Promise<Config> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return "";
    throw new Failure("config.invalid", { where: file, problem: systemProblem(error) }, { cause: error });
  });
  return readOne(Config, file, text, "config.invalid", "setting");
}
