import { join } from "node:path";
import { openEventLog } from "../../src/adapters/storage/sqlite-event-log.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { eventLogContract } from "./event-log.ts";

eventLogContract("sqlite", () => {
  const folder = temporaryFolder();
  const log = openEventLog({ file: join(folder.path, "data", "devflow.db") });
  return {
    log,
    dispose() {
      log.close();
      folder.remove();
    },
  };
});
