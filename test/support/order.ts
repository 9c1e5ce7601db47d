/** The order of test files: those that take minutes come first, so that no worker is left with one when the others are done. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders whose files take longest, longest first; the rest is sorted as Vitest does. */
const LONG = ["test/e2e/crash/", "test/e2e/", "test/contract/", "test/adapters/terminals/"];

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONG.findIndex((folder) => moduleId.includes(`/${folder}`));
      return found < 0 ? LONG.length : found;
    };
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
