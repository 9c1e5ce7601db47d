/** A process of its own that reserves and books until it is killed, and says on stdout what has been answered. */
import { writeSync } from "node:fs";
import { openDatabase } from "../../src/adapters/storage/open.ts";
import { sqliteLedger } from "../../src/adapters/storage/sqlite-ledger.ts";
import { booking, money, spender } from "./spending.ts";

const [file = ""] = process.argv.slice(2);
const ledger = sqliteLedger(openDatabase(file), file);

for (let n = 1; ; n++) {
  ledger.reserve(`c${n}`, spender(), money("0.01"));
  writeSync(1, `reserved ${n}\n`);
  if (n % 3 === 0) continue; // one that nobody hears of again
  ledger.book(`c${n}`, booking("0.004"));
  writeSync(1, `booked ${n}\n`);
}
