/** Where the pty host keeps its things under a test's home. */
import { join } from "node:path";

export const ptyDirectories = (home: string) => ({ directory: join(home, "p"), stateDirectory: join(home, "state") });
