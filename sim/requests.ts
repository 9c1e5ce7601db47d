/** What is asked of the daemon: runs of the one workflow on the one branch that a world has. */
import type { StartRequest } from "../src/engine/start.ts";
import { ROLES } from "./workflows.ts";

/** The idempotency key of the run that a world is about. */
export const THE_RUN = "the run";

const BIND = Object.fromEntries(ROLES.map((role) => [role, `fake-${role}@1`]));

export const requested = (key: string): StartRequest => ({
  template: "drawn@1",
  goal: `do it: ${key}`,
  repo: "/repo",
  base: "main",
  bind: BIND,
  commands: {},
  idempotencyKey: key,
});
