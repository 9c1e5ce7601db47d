import { join } from "node:path";
import { openDatabase } from "../../src/adapters/storage/open.ts";
import { sqliteLedger } from "../../src/adapters/storage/sqlite-ledger.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ledgerContract } from "./ledger.ts";

ledgerContract("sqlite", (defaults) => {
  const folder = temporaryFolder();
  const file = join(folder.path, "data", "devflow.db");
  const database = openDatabase(file);
  return {
    ledger: sqliteLedger(database, file, defaults),
    dispose() {
      database.close();
      folder.remove();
    },
  };
});
