/** Before all tests: the programs are built, so that tests of whole programs run what users run. Does nothing when nothing changed. */
// @ts-expect-error: a plain script, without types
import { build } from "../../scripts/setup.mjs";

export default function setup(): void {
  build();
}
