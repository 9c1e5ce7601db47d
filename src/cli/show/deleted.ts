/** What to say of a run that was deleted. */
import { say } from "../../messages/say.ts";
import type { Result } from "../../protocol/methods.ts";

export const deletedLine = ({ run, wip }: Result<"run.delete">): string =>
  wip === undefined ? say("runs.deleted", { run }) : say("runs.deleted.wip", { run, wip });
