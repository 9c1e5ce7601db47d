/** What `devflowd --help` prints. */
import type { MessageKey } from "../messages/en.ts";
import { say } from "../messages/say.ts";

/** What can be typed → what it is for. */
export const DEVFLOWD_COMMANDS = {
  "devflowd start": "devflowd.start",
  "devflowd start --foreground": "devflowd.foreground",
  "devflowd stop": "devflowd.stop",
  "devflowd restart": "devflowd.restart",
  "devflowd status": "devflowd.status",
  "devflowd logs [-f]": "devflowd.logs",
  "devflowd service install": "devflowd.service",
} as const satisfies Record<string, MessageKey>;

export function helpLines(): string[] {
  const rows = Object.entries(DEVFLOWD_COMMANDS);
  const width = Math.max(...rows.map(([typed]) => typed.length));
  return [
    say("devflowd.tagline"),
    "",
    ...rows.map(([typed, key]) => `  ${typed.padEnd(width)}   ${say(key)}`),
    "",
    `  --json    ${say("devflowd.json")}`,
  ];
}
