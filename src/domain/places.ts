/**
 * Where devflow keeps things, as pure rules: the daemon and the thin client must come to the same socket.
 *
 * P1. `DEVFLOW_HOME` puts everything under one folder; else XDG's variables, else the platform's own convention.
 * P2. The runtime directory leaves room for socket names: the system silently cuts socket paths over 103 bytes.
 * P3. What is under a shared temporary directory is only used after `unsafe` has found nothing (`guarded`).
 */

/** The process that asks. `absolute` makes a path absolute and plain, as the working directory of that process has it. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  platform: string;
  uid: number;
  home: string;
  tmp: string;
  absolute: (path: string) => string;
}

export interface Places {
  config: string;
  data: string;
  state: string;
  cache: string;
  runtime: string;
  /** The daemon's socket. */
  socket: string;
  /** Directories that must belong to this user alone, outermost first: a socket in them answers for the daemon. */
  guarded: readonly string[];
}

/** Held for life by the one daemon of these places, and by whoever writes the audit record without one. */
export const lockFile = ({ state }: Pick<Places, "state">): string => `${state}/devflowd.lock.db`;
/** Where the audit record had come to; the record itself is in the data directory. */
export const auditAnchor = ({ state }: Pick<Places, "state">): string => `${state}/audit.db`;

/** Longest path that a Unix socket can have: macOS takes 104 with the final zero, Linux 108. */
const MAX_SOCKET_PATH_BYTES = 103;
/** Longest runtime directory: `/` + a session's id + `.sock` in a subfolder must fit behind it. */
const MAX_RUNTIME_BYTES = 64;

export function placesFor(surroundings: Surroundings): Places {
  const { env, absolute } = surroundings;
  const home = set(env.DEVFLOW_HOME);
  const own = home === undefined ? undefined : absolute(home);
  const base = own === undefined ? conventional(surroundings) : under(own);
  const { runtime, guarded } = runtimeOf(surroundings, own);
  return { ...base, runtime, socket: `${runtime}/devflowd.sock`, guarded };
}

const under = (home: string) => ({
  config: `${home}/config`,
  data: `${home}/data`,
  state: `${home}/state`,
  cache: `${home}/cache`,
});

function conventional({ env, platform, home }: Surroundings) {
  const mac = platform === "darwin";
  const place = (variable: string, linux: string, macos: string) =>
    `${absoluteOnly(env[variable]) ?? `${home}/${mac ? macos : linux}`}/devflow`;
  return {
    config: place("XDG_CONFIG_HOME", ".config", "Library/Application Support"),
    data: place("XDG_DATA_HOME", ".local/share", "Library/Application Support"),
    state: place("XDG_STATE_HOME", ".local/state", "Library/Logs"),
    cache: place("XDG_CACHE_HOME", ".cache", "Library/Caches"),
  };
}

function runtimeOf({ env, uid, tmp, absolute }: Surroundings, home: string | undefined) {
  const alone = (runtime: string) => ({ runtime, guarded: [runtime] });
  const chosen = set(env.DEVFLOW_RUNTIME_DIR);
  if (chosen !== undefined) return alone(absolute(chosen));
  const shared = `${tmp}/devflow-${uid}`;
  if (home !== undefined) {
    const inside = `${home}/run`;
    if (bytes(inside) <= MAX_RUNTIME_BYTES) return alone(inside);
    const short = `${shared}/${fingerprint(home)}`;
    return { runtime: short, guarded: [shared, short] };
  }
  const session = absoluteOnly(env.XDG_RUNTIME_DIR);
  const inSession = `${session}/devflow`;
  return alone(session !== undefined && bytes(inSession) <= MAX_RUNTIME_BYTES ? inSession : shared);
}

/** An unset and an empty variable are the same, as XDG says. */
const set = (value: string | undefined): string | undefined => (value === "" ? undefined : value);

/** XDG: a relative path in these variables is ignored. */
const absoluteOnly = (value: string | undefined): string | undefined => (value?.startsWith("/") ? value : undefined);

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Eight hex digits (FNV-1a) that tell one home from another; the directory around them belongs to the user alone. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

export const socketPathTooLong = (path: string): { path: string; bytes: number } | undefined =>
  bytes(path) > MAX_SOCKET_PATH_BYTES ? { path, bytes: bytes(path) } : undefined;

/** What `lstat` says of a directory. */
export interface DirectoryFacts {
  directory: boolean;
  link: boolean;
  uid: number;
  mode: number;
}

/** Why a directory cannot be trusted with the daemon's socket; `undefined` when it can. */
export function unsafe(facts: DirectoryFacts, uid: number): string | undefined {
  if (facts.link) return "it is a symbolic link";
  if (!facts.directory) return "it is not a directory";
  if (facts.uid !== uid) return `it belongs to user ${facts.uid}`;
  const open = facts.mode & 0o077;
  return open === 0 ? undefined : `its mode is 0${(facts.mode & 0o777).toString(8)}, not 0700`;
}
