/** devflow as its file in `bin/` runs it, from the sources. */
import { main } from "../../src/cli/thin/main.ts";

process.exitCode = await main(process.argv.slice(2));
