/** Runs devflow's command line in this process, with its streams as strings. */
process.env.TZ = "UTC";

import type { Bell } from "../../src/cli/bell.ts";
import type { Client } from "../../src/cli/client.ts";
import type { AgentShelf, Definitions, KeyChest } from "../../src/cli/compose/offers.ts";
import type { ConsentDesk } from "../../src/cli/consent-file.ts";
import type { Ground } from "../../src/cli/doctor/ground.ts";
import { main } from "../../src/cli/main.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { World } from "../../src/cli/world.ts";
import { CONSENT_VERSION, type ConsentState } from "../../src/domain/consent.ts";
import { Failure } from "../../src/domain/failure.ts";
import { languageFor } from "../../src/domain/language.ts";
import { BEGIN } from "./story.ts";

export interface Setting {
  client?: Client;
  definitions?: Definitions;
  agents?: AgentShelf;
  keys?: KeyChest;
  ground?: Ground;
  /** Given when left out. */
  consent?: ConsentDesk;
  bell?: Bell;
  /** Width of the terminal on stdout and stderr; absent: pipes. */
  columns?: number;
  colour?: boolean;
  terminal?: Partial<Terminal>;
  signal?: AbortSignal;
  now?: number;
  env?: Record<string, string>;
  cwd?: string;
}

const GIVEN: ConsentState = {
  kind: "given",
  consent: { version: CONSENT_VERSION, at: BEGIN, by: "kim", how: "asked" },
};

export interface Ran {
  code: number;
  out: string;
  err: string;
  json(): unknown;
}

export async function devflow(argv: readonly string[], setting: Setting = {}): Promise<Ran> {
  const {
    client,
    definitions,
    agents,
    keys,
    ground,
    consent,
    bell = async () => {},
    columns,
    colour = false,
    signal = new AbortController().signal,
    now = BEGIN,
    env = {},
    cwd = "/here",
  } = setting;
  let out = "";
  let err = "";
  const sink = (write: (text: string) => void) => ({ write, columns: () => columns, colour });
  const world: World = {
    version: "1.2.3",
    env: { USER: "kim", ...env },
    cwd,
    stdout: sink((text) => {
      out += text;
    }),
    stderr: sink((text) => {
      err += text;
    }),
    language: () => languageFor(env, () => undefined),
    terminal: { ...noTerminal, ...setting.terminal },
    signal,
    now: () => now,
    async connect() {
      if (!client) throw new Failure("daemon.unreachable", { socket: "/run/devflow.sock" });
      return client;
    },
    async definitions() {
      if (!definitions) throw new Failure("internal", { problem: "the test has no definitions" });
      return definitions;
    },
    async agents() {
      if (!agents) throw new Failure("internal", { problem: "the test has no agents" });
      return agents;
    },
    async keys() {
      if (!keys) throw new Failure("internal", { problem: "the test has no keys" });
      return keys;
    },
    consent: consent ?? { state: async () => GIVEN, give: async () => {}, required: async () => false },
    bell,
    async ground() {
      if (!ground) throw new Failure("internal", { problem: "the test has no machine" });
      return ground;
    },
    close: async () => {},
  };
  const code = await main(argv, world);
  return { code, out, err, json: () => JSON.parse(out) as unknown };
}

const absent = (): never => {
  throw new Failure("internal", { problem: "the test has no terminal" });
};

const noTerminal: Terminal = {
  canAsk: false,
  canDraw: false,
  colour: false,
  size: () => ({ columns: 80, rows: 24 }),
  onResize: () => () => {},
  write: absent,
  ask: absent,
  askHidden: absent,
  keys: absent,
  stdin: absent,
  handOver: absent,
  converse: absent,
  edit: absent,
  viewPty: absent,
};
