/**
 * The connection to the private tmux server, kept up: when the control client dies while the server lives, another one
 * takes its place; when the server dies, whoever has panes there is told.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../../domain/failure.ts";
import { type ControlClient, ControlLost, connectControl, NO_ANSWER } from "./control-client.ts";
import { answersAnybody } from "./tmux-awake.ts";
import {
  bareEnvironment,
  endStrayClients,
  prepareSocketDirectory,
  SESSION,
  SETTINGS,
  startServer,
  usesSocket,
} from "./tmux-server.ts";

/** Between attempts to attach again. */
const BACK_OFF_MS = [50, 100, 200, 500, 1_000, 2_000] as const;
/** Attempts for somebody who waits; the one in the background goes on as long as the server lives. */
const ATTEMPTS = 8;
/** A server that was told to end is gone within milliseconds. */
const SERVER_ENDS_LOOK_MS = 10;
const SERVER_ENDS_LOOKS = 100;
/** What tmux says when nothing listens at the socket. */
const NO_SERVER = /no server running|error connecting|server exited|lost server/i;
/** Marks our clients with the daemon that they serve. */
const DAEMON = "DEVFLOW_DAEMON";
const NO_SESSION = /can't find session|no sessions|session not found/i;

export interface TmuxServer {
  pid: number;
  /** Names this server for ever: pane ids begin anew with the next one. */
  epoch: string;
}

export interface LinkOptions {
  tmux: string;
  directory: string;
  stateDirectory: string;
  onOutput(pane: string, bytes: Uint8Array): void;
  /** Nobody minds to be told of output a moment later. */
  patient(): boolean;
  onNotice(name: string, text: string): void;
  /** A connection stands, `run` works on it (the link's own waits until this is done). Output since the last was missed. */
  onAttached(server: TmuxServer, run: ControlClient["run"]): Promise<void>;
  onServerGone(server: TmuxServer): void;
}

export interface TmuxLink {
  readonly socket: string;
  /** The server, connected; `undefined` when none runs and none is to be started. */
  server(how: { start: boolean }): Promise<TmuxServer | undefined>;
  /** Runs a command list on that server, and on no later one. Rejects with `ControlLost` when the connection breaks. */
  run(epoch: string, line: string, onBlock?: (lines: readonly Buffer[]) => void): Promise<Buffer[]>;
  /** Like `run`, for commands that may run twice: tried again on a new connection. */
  repeat(epoch: string, line: string, onBlock?: (lines: readonly Buffer[]) => void): Promise<Buffer[]>;
  hold(held: boolean): void;
  /** Resolves once the output that waits to be read is told. */
  gathered(): Promise<void> | undefined;
  /** That tmux hangs, while it does. */
  problem(): Failure | undefined;
  /** Lets go of the server, or ends it. */
  release(how: { endServer: boolean }): Promise<void>;
}

export function tmuxLink(options: LinkOptions): TmuxLink {
  const { tmux, directory, stateDirectory, onOutput, patient, onNotice, onAttached, onServerGone } = options;
  const socket = join(directory, "t.sock");
  let client: ControlClient | undefined;
  let server: TmuxServer | undefined;
  let connecting: Promise<TmuxServer | undefined> | undefined;
  let released = false;
  let lastRefusal: Error | undefined;
  /** The server does not answer: whoever needs it is told at once, and the background tries on. */
  let hanging: Failure | undefined;

  const attach = async (): Promise<TmuxServer> => {
    const session = SESSION;
    const env = { ...bareEnvironment(), [DAEMON]: String(process.pid) };
    await answersAnybody(tmux, socket, env);
    const fresh = await connectControl({
      tmux,
      socket,
      session,
      env,
      onOutput,
      patient,
      onNotice,
    });
    await Promise.all(SETTINGS.map((setting) => fresh.run(setting).catch(refusedByOldVersion)));
    const [identity] = await fresh.run("display-message -p '#{pid} #{start_time}'");
    const [pid, startedAt] = String(identity).split(" ");
    const found = { pid: Number(pid), epoch: `${pid}-${startedAt}` };
    await endStaleClients(fresh);
    const before = server;
    client = fresh;
    server = found;
    hanging = undefined;
    void fresh.gone.then((why) => {
      if (client !== fresh) return;
      client = undefined;
      if (why === NO_ANSWER) hanging = unresponsive(socket);
      if (!released) void comeBack();
    });
    if (before && before.epoch !== found.epoch) onServerGone(before);
    await onAttached(found, fresh.run);
    return found;
  };

  /**
   * The client of a killed daemon leaves by itself, but now and then one hangs in it, and with it the server's own end.
   * A client is known by the daemon that has started it, which must be gone.
   */
  const endStaleClients = async (mine: ControlClient) => {
    for (const line of await mine.run("list-clients -F '#{client_control_mode} #{client_pid}'")) {
      const [control, pid] = line.toString().split(" ").map(Number);
      if (control !== 1 || !pid || pid === mine.pid || !usesSocket(pid, socket)) continue;
      if (isGone(daemonOf(pid))) process.kill(pid, "SIGKILL");
    }
  };

  /** Attaches, and starts what is missing when asked to. Throws when that does not work. */
  const connect = async (start: boolean, attempts: number): Promise<TmuxServer | undefined> => {
    lastRefusal = undefined;
    for (let attempt = 0; ; attempt++) {
      try {
        if (!start && !server && !existsSync(socket)) return undefined;
        return await attach();
      } catch (problem) {
        if (released) throw problem;
        if (problem instanceof ControlLost && problem.message === NO_ANSWER) {
          hanging = unresponsive(socket);
          if (attempts !== Number.POSITIVE_INFINITY) throw hanging;
        }
        if (!(await repaired(problem, start))) return undefined;
        if (attempt + 1 >= attempts) throw lastRefusal ?? problem;
        await pause(BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)]);
      }
    }
  };

  /** Puts right what kept us from attaching, as far as it can be; false when there is no server and none is wanted. */
  const repaired = async (problem: unknown, start: boolean): Promise<boolean> => {
    const text = problem instanceof Error ? problem.message : String(problem);
    if (NO_SERVER.test(text) && server && usesSocket(server.pid, socket)) {
      // It lives, its socket file is gone: it makes a new one when told to.
      process.kill(server.pid, "SIGUSR1");
      return true;
    }
    if (NO_SERVER.test(text)) {
      hanging = undefined;
      if (server) onServerGone(server);
      server = undefined;
      if (!start) return false;
      await prepareSocketDirectory(directory, socket);
    } else if (!NO_SESSION.test(text)) return true;
    // Right after another server's end a new one may be refused: that is what the attempts are for.
    await startServer(tmux, socket, stateDirectory).catch((refusal: Error) => {
      lastRefusal = refusal;
      if (NO_SERVER.test(refusal.message)) endStrayClients(socket);
    });
    return true;
  };

  const once = (start: boolean, attempts: number) => {
    connecting = connect(start, attempts).finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
  const comeBack = () => (connecting ?? once(false, Number.POSITIVE_INFINITY)).catch(() => undefined);

  const connected = async ({ start }: { start: boolean }) => {
    if (released) throw new ControlLost("the terminal host was released");
    // A connection in the making may end without a server although one is wanted here.
    while (connecting) {
      if (hanging) throw hanging;
      await connecting.catch(() => undefined);
    }
    if (client && server) return server;
    try {
      return await once(start, ATTEMPTS);
    } catch (problem) {
      if (hanging && !released) void comeBack();
      throw problem;
    }
  };
  const run: TmuxLink["run"] = async (epoch, line, onBlock) => {
    if (!client && !released) await connected({ start: false }).catch(() => undefined);
    if (hanging && !client) throw hanging;
    if (!client || server?.epoch !== epoch) throw new ControlLost("the tmux server has ended");
    return client.run(line, onBlock);
  };

  return {
    socket,
    server: connected,
    run,
    async repeat(epoch, line, onBlock) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await run(epoch, line, onBlock);
        } catch (problem) {
          const lives = server?.epoch === epoch && !released;
          if (!(problem instanceof ControlLost) || !lives || attempt >= ATTEMPTS) throw problem;
        }
      }
    },
    hold: (held) => client?.hold(held),
    gathered: () => client?.gathered(),
    problem: () => hanging,
    async release({ endServer }) {
      released = true;
      await connecting?.catch(() => undefined);
      if (endServer && client && server) {
        await endStaleClients(client).catch(() => {}); // One that came late would keep the server.
        await client.run("kill-server").catch(() => {}); // Its end is the answer.
        // A new server at the same socket is refused while the old one is still on its way out.
        for (let i = 0; i < SERVER_ENDS_LOOKS && usesSocket(server.pid, socket); i++) await pause(SERVER_ENDS_LOOK_MS);
      }
      await client?.leave();
      client = undefined;
    },
  };
}

const unresponsive = (socket: string): Failure => new Failure("terminal.unresponsive", { socket });

/** Options that this tmux does not know are none that it needs. */
const refusedByOldVersion = (problem: unknown) => {
  if (problem instanceof ControlLost) throw problem;
};

/** The daemon that has started a client; 0 when it is nobody's. In its environment from its first moment, unlike all that it is told. */
function daemonOf(client: number): number {
  try {
    const mark = readFileSync(`/proc/${client}/environ`, "utf8")
      .split("\0")
      .find((one) => one.startsWith(`${DAEMON}=`));
    return Number(mark?.slice(DAEMON.length + 1) ?? 0);
  } catch {
    return 0; // it has left
  }
}

function isGone(pid: number): boolean {
  try {
    return pid > 0 && !process.kill(pid, 0);
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code === "ESRCH";
  }
}
