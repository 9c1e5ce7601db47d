import { memoryLedger } from "../../src/adapters/storage/memory-ledger.ts";
import { ledgerContract } from "./ledger.ts";

ledgerContract("memory", (defaults) => ({ ledger: memoryLedger(defaults), dispose: () => {} }));
