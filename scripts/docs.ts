/** Writes docs/commands.md from the command table. Run it after a command or its texts have changed. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandDocs } from "../src/cli/command-docs.ts";

const folder = join(import.meta.dirname, "../docs");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "commands.md"), await commandDocs());
