/** Checks of what is devflow's own: its daemon, its database, its directories, the keys that it has, the prices that it knows. */
import { damaged } from "../../domain/damage.ts";
import { Failure } from "../../domain/failure.ts";
import { say } from "../../messages/say.ts";
import { troubleLine } from "../show/keys.ts";
import { moment } from "../show/times.ts";
import { type Check, type Finding, failed, within } from "./check.ts";

/** A daemon that is stopped takes connections, and answers nothing. */
const DAEMON_MS = 2_000;

/** What has a key somewhere else can do without a keyring. */
const NO_KEYRING_IS_FINE: ReadonlySet<string> = new Set(["off", "no_bus"]);

export const ownChecks: Readonly<Record<string, Check>> = {
  directories: async ({ places, rightsOf, setMode, uid }) => {
    const { config, data, state, cache, runtime } = places;
    const all = [...new Set([config, data, state, cache, runtime])];
    const found = await Promise.all(all.map(async (path) => ({ path, rights: await rightsOf(path) })));
    const bad = found.flatMap(({ path, rights }): Finding[] => {
      if (!rights || ((rights.mode & 0o022) === 0 && rights.uid === uid)) return [];
      if (rights.uid !== uid)
        return [
          {
            level: "fail",
            said: say("doctor.directory.foreign", { path }),
            todo: say("doctor.directory.todo", { path }),
          },
        ];
      const fix = () => setMode(path, 0o700);
      return [{ level: "fail", said: say("doctor.directory.open", { path }), todo: `chmod 700 ${path}`, fix }];
    });
    return bad.length > 0 ? bad : { level: "ok", said: say("doctor.directories.ok", { path: places.data }) };
  },

  socket: async ({ places, checkPlaces, setMode, rightsOf, uid }) => {
    try {
      checkPlaces();
      return { level: "ok", said: say("doctor.socket.ok", { path: places.socket }) };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { code, params } = error;
      const path = String(params.path);
      const rights = code === "socket.unsafe_directory" ? await rightsOf(path) : undefined;
      const own = rights?.directory && !rights.link && rights.uid === uid;
      return { ...failed(error), ...(own && { fix: () => setMode(path, 0o700) }) };
    }
  },

  daemon: within(DAEMON_MS, async ({ running, version }) => {
    const client = await running();
    if (!client) return { level: "ok", said: say("doctor.daemon.none") };
    const there = await client.call("daemon.ping", {});
    if (there.version !== version) {
      const said = say("doctor.daemon.other", { theirs: there.version, version });
      return { level: "fail", said, todo: say("doctor.daemon.todo") };
    }
    const { problems } = await client.call("daemon.status", {});
    return [
      { level: "ok", said: say("doctor.daemon.ok", { pid: there.pid, version }) },
      // What its runs wait for: a full disk, no more processes.
      ...problems.map(({ message, hint }): Finding => ({ level: "warn", said: message, todo: hint })),
    ];
  }),

  database: async ({ database, places }) => {
    const look = await database();
    const path = `${places.data}/devflow.db`;
    if (look.kind === "none") return { level: "ok", said: say("doctor.database.none") };
    if (look.kind === "good") {
      const word = look.whole ? "doctor.database.ok" : "doctor.database.large";
      return { level: "ok", said: say(word, { mb: (look.bytes / 1_048_576).toFixed(1) }) };
    }
    return failed(
      look.kind === "newer"
        ? new Failure("storage.newer", { path, found: look.found, known: look.known })
        : look.kind === "locked"
          ? new Failure("storage.locked", { path, holder: look.holder })
          : damaged(path, look.problem),
    );
  },

  keyring: async ({ keyring, config }) => {
    const [trouble, { secrets }] = await Promise.all([keyring(), config()]);
    if (!trouble) return { level: "ok", said: say("doctor.keyring.ok") };
    const level = secrets.file || NO_KEYRING_IS_FINE.has(trouble.trouble) ? "ok" : "warn";
    return { level, said: troubleLine(trouble), ...(level === "warn" && { todo: say("doctor.keyring.todo") }) };
  },

  keys_file: async ({ secretsFile: path, rightsOf, setMode, config, uid }) => {
    const [rights, { secrets }] = await Promise.all([rightsOf(path), config()]);
    if (!rights) return { level: "ok", said: say("doctor.keys_file.none") };
    if (rights.link || rights.uid !== uid || (rights.mode & 0o077) !== 0) {
      const fix = rights.uid === uid && !rights.link ? { fix: () => setMode(path, 0o600) } : {};
      return {
        level: "fail",
        said: say("doctor.keys_file.open", { path }),
        todo: say("doctor.keys_file.todo", { path }),
        ...fix,
      };
    }
    if (secrets.file) return { level: "ok", said: say("doctor.keys_file.ok", { path }) };
    return { level: "warn", said: say("doctor.keys_file.unused", { path }), todo: say("doctor.keys_file.unused_todo") };
  },

  model_keys: async ({ keys }) => {
    const { providers, secrets, check } = await keys();
    const findings = await Promise.all(
      Object.entries(providers).map(async ([name, provider]): Promise<Finding[]> => {
        const value = provider.key === undefined ? undefined : await secrets.find(provider.key);
        if (value === undefined) return [];
        const verdict = await check(provider, value);
        const todo = say("doctor.key.todo", { name });
        if (verdict.kind === "refused")
          return [{ level: "fail", said: say("doctor.key.refused", { name, status: verdict.status }), todo }];
        return verdict.kind === "accepted"
          ? [{ level: "ok", said: say("doctor.key.accepted", { name }) }]
          : [{ level: "warn", said: say("login.unchecked", { provider: name, problem: verdict.problem }) }];
      }),
    );
    const all = findings.flat();
    return all.length > 0 ? all : { level: "ok", said: say("doctor.key.none") };
  },

  prices: within(DAEMON_MS, async ({ running, shippedPrices, config }) => {
    const [client, day, { prices }] = await Promise.all([running(), shippedPrices(), config()]);
    if (prices.offline || !client) return { level: "ok", said: say("doctor.prices.shipped", { day }) };
    const { catalogue } = await client.call("price.used", {});
    if (catalogue.fetchedAt === undefined) return { level: "ok", said: say("doctor.prices.shipped", { day }) };
    const said = say("doctor.prices.fetched", { when: moment(catalogue.fetchedAt) });
    if (!catalogue.stale) return { level: "ok", said };
    const fix = () => client.call("model.list", { refresh: true, search: "-" });
    return { level: "warn", said, todo: "devflow models --refresh", fix };
  }),
};
