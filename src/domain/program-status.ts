/** The program status protocol (OSC 7501): a program says by itself what it is doing, as `key=value` pairs joined by `:`. */

export interface ProgramStatus {
  state: "idle" | "working" | "blocked" | "done" | "error" | "clear";
  kind?: "permission" | "question" | "auth";
  app?: string;
}

const STATES: readonly string[] = ["idle", "working", "blocked", "done", "error", "clear"];
const KINDS: readonly string[] = ["permission", "question", "auth"];

/** What one report says of the program itself; `undefined` for the query, for parts of the program, and for what is malformed. */
export function programStatus(text: string): ProgramStatus | undefined {
  const pairs = new Map(
    text.split(":").map((pair) => {
      const [key = "", ...value] = pair.split("=");
      return [key, value.join("=")];
    }),
  );
  const state = pairs.get("state") ?? "";
  if (!STATES.includes(state) || pairs.has("id")) return undefined;
  const kind = pairs.get("kind") ?? "";
  const app = pairs.get("app");
  return {
    state: state as ProgramStatus["state"],
    ...(KINDS.includes(kind) ? { kind: kind as NonNullable<ProgramStatus["kind"]> } : {}),
    ...(app === undefined ? {} : { app }),
  };
}
