/** `npm run docs`: makes what the pages and the schemas for editors take from the code. Run it when a text or a shape has changed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { made } from "./docs/made.ts";

const root = join(import.meta.dirname, "..");
for (const [path, text] of await made(root)) writeFileSync(join(root, path), text);
