import { memoryEventLog } from "../../src/adapters/storage/memory-event-log.ts";
import { eventLogContract } from "./event-log.ts";

eventLogContract("memory", () => {
  const log = memoryEventLog();
  return { log, dispose: () => log.close() };
});
