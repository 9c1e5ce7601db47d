/** What would keep a daemon from coming up here: asked before one that runs is stopped for another. */
import { join } from "node:path";
import { readConfig } from "../../adapters/definitions/config.ts";
import { mustLoadSqlite } from "../../adapters/system/native-package.ts";
import type { Places } from "../../domain/places.ts";

/** Rejects with the failure that its start would end with. */
export async function mustComeUp(places: Places): Promise<void> {
  mustLoadSqlite();
  await readConfig(join(places.config, "devflow.yaml"));
}
