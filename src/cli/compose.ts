/** The one place of the client that knows adapters: for the commands that read definitions without a daemon. */
import { Failure } from "../domain/failure.ts";
import type { Definitions } from "../ports/definitions.ts";

export type { Broken, Definition, Definitions, JsonSchema, Shelf } from "../ports/definitions.ts";

export async function composeDefinitions(_env: Readonly<Record<string, string | undefined>>): Promise<Definitions> {
  throw new Failure("internal", { problem: "the definitions adapter is not built in yet" });
}
