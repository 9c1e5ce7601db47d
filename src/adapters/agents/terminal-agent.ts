/** An agent in a terminal: its own interface in a pane or pty, started, watched, typed into and read by its profile. */
import { type AgentProfile, launchArgs } from "../../domain/agent-profile.ts";
import type { Judgement } from "../../domain/evidence.ts";
import { answerOnScreen } from "../../domain/screen-answer.ts";
import { pattern } from "../../domain/screen-rule.ts";
import type { Verdict } from "../../domain/session.ts";
import type { AgentAdapter, AgentNews, AgentSession, AgentSpec, Prompt } from "../../ports/agent.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Terminal, TerminalHost, TerminalSpec } from "../../ports/terminal-host.ts";
import { askedIn } from "./asked.ts";
import { findConversation } from "./conversations.ts";
import { type Asked, askBefore, type DeliveryDeps, typedText, typePrompt } from "./delivery.ts";
import { followEvents, prepareEvents } from "./event-feed.ts";
import { followHooks, installHooks, removeHooks } from "./hooks.ts";
import { type Feeds, observe } from "./observer.ts";
import { givePermission } from "./permission.ts";
import { accountOf, type SecretOf, sessionEnv } from "./session-env.ts";
import { startTurns } from "./start-turns.ts";
import { type MeterDeps, transcriptMeter } from "./transcript-meter.ts";

export interface TerminalAgentOptions {
  host: TerminalHost;
  clock: Clock;
  profileOf(name: string): Promise<AgentProfile>;
  /** The absolute path of the program that a profile names. */
  program(profile: AgentProfile): Promise<string>;
  /** The daemon's environment: a session gets only what its profile and its persona name. */
  env: Readonly<Record<string, string | undefined>>;
  /** Keys that a persona names and that environment does not have. */
  secretOf?: SecretOf;
  size: { cols: number; rows: number };
  recording(spec: AgentSpec): TerminalSpec["record"];
  /** Where a session's hooks and events are; without it agents tell nothing by them. */
  hooks?: (session: string) => string;
}

interface Known {
  account: string;
  /** The conversation that it goes on with. */
  continued?: string;
  /** Where its hooks and events are. */
  folder: string | undefined;
  meter: MeterDeps | undefined;
}

/** A turn may take hours: what it has used by then is asked for so often, in milliseconds. */
const METER_MS = 60_000;

/** As long as a question takes on a busy machine: an answer that is no older could have been given just now. */
const AHEAD_MS = 50;

/** Between two keys that each count by itself: programs wait some hundredths of a second for what belongs to an Escape. */
const KEYS_APART_MS = 200;

/** How long a dialog has to stand before it is answered, and, where it still does, answered again, in milliseconds. */
const ANSWER_MS = [500, 3_000, 3_000];

export function terminalAgents(options: TerminalAgentOptions): AgentAdapter {
  const { host, clock, profileOf } = options;
  const turns = startTurns(clock);
  const more = async (spec: AgentSpec, profile: AgentProfile): Promise<Known> => {
    const folder = options.hooks?.(spec.session);
    const env = await sessionEnv(spec, profile, options.env);
    return {
      account: accountOf(spec, profile),
      folder: profile.hooks || profile.events ? folder : undefined,
      meter: folder === undefined ? undefined : { spec, profile, env, folder },
    };
  };
  return {
    async open(spec) {
      const profile = await profileOf(spec.persona.agent ?? "");
      const here = await host.adopt(spec.session);
      // Also for one that is there already: what was found when it was started is found now.
      const continued = await conversationOf(spec, profile, options);
      const known = { ...(await more(spec, profile)), ...(continued !== undefined && { continued }) };
      if (here) return terminalSession(here, profile, clock, known);
      const start = async (): Promise<AgentSession> => {
        const terminal = await host.open(await terminalSpec(spec, profile, options, continued));
        return terminalSession(terminal, profile, clock, known);
      };
      return profile.interactive.startsAlone ? turns.take(profile.name, start) : start();
    },
    async adopt(spec) {
      const terminal = await host.adopt(spec.session);
      const profile = await profileOf(spec.persona.agent ?? "");
      return terminal && terminalSession(terminal, profile, clock, await more(spec, profile));
    },
  };
}

async function conversationOf(
  spec: AgentSpec,
  profile: AgentProfile,
  options: TerminalAgentOptions,
): Promise<string | undefined> {
  if (!spec.continues || !profile.interactive.resume) return undefined;
  const program = await options.program(profile);
  const env = await sessionEnv(spec, profile, options.env, options.secretOf);
  return findConversation({ profile, mark: spec.continues.mark, cwd: spec.cwd, program, env });
}

async function terminalSpec(
  spec: AgentSpec,
  profile: AgentProfile,
  options: TerminalAgentOptions,
  conversation: string | undefined,
): Promise<TerminalSpec> {
  const { persona, cwd, session, run, role } = spec;
  const { args: afresh, resume } = profile.interactive;
  const wanted = (conversation !== undefined && resume) || afresh;
  const args = launchArgs(wanted, { cwd, model: persona.model, args: persona.args, conversation });
  const record = options.recording(spec);
  const told = options.hooks && (await whatTells(options.hooks(session), profile, persona.args));
  return {
    session,
    run,
    label: role,
    argv: [await options.program(profile), ...(told?.args ?? []), ...args],
    cwd,
    env: { ...(await sessionEnv(spec, profile, options.env, options.secretOf)), ...told?.env },
    ...options.size,
    ...(record && { record }),
  };
}

/** What makes it tell what it does, by hooks and by events: further arguments and variables. */
async function whatTells(folder: string, { hooks, events: wanted }: AgentProfile, own: readonly string[]) {
  // A persona that says itself where the agent's server is, or its file, has it so.
  const events = wanted?.args.some(([flag]) => own.some((one) => one.split("=")[0] === flag)) ? undefined : wanted;
  const installed = hooks && (await installHooks(folder, hooks));
  const values: Record<string, string> = {
    ...(installed && { hooks: installed.settings, "hooks:toml": installed.table }),
    ...(events && (await prepareEvents(folder, events))),
  };
  const given = (text: string): string =>
    text.replace(/\{([a-z]+(?::[a-z]+)?)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
  const args = [...(hooks?.args ?? []), ...(events?.args ?? [])].flat().map(given);
  return { args, env: mapped({ ...hooks?.env, ...events?.env }, given) };
}

/** As it stands on the screen: laid out already, and no Markdown. */
const asBlock = (rows: string): string => `\`\`\`\`\`\n${rows}\n\`\`\`\`\``;

const mapped = (record: Record<string, string>, change: (text: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([name, text]) => [name, change(text)]));

function terminalSession(
  terminal: Terminal,
  profile: AgentProfile,
  clock: Clock,
  { account, folder, continued, meter: metered }: Known,
): AgentSession {
  const observer = observe(terminal, profile, clock, folder === undefined ? {} : feedsOf(folder, profile, clock));
  const listeners = new Set<(news: AgentNews) => void>();
  let answering = "";
  let answers = 0;
  let closed: Verdict | undefined;
  let ahead: { key: string; at: number; moved: number; answer: Promise<Asked> } | undefined;
  let outputs = 0;
  /** What it was last told: its answer stands below that on the screen. */
  let told: Prompt | undefined;
  const deps = { terminal, observer, profile, clock };
  const count = (): void => {
    outputs += 1;
  };
  terminal.on(count, { patient: true });

  /** What was asked ahead for this prompt, once, while it is true still: nothing has moved, and a person had no time to. */
  function known(key: string): Promise<Asked> | undefined {
    const before = ahead;
    ahead = undefined;
    const holds = before?.key === key && before.moved === outputs && clock.now() - before.at <= AHEAD_MS;
    return holds ? before.answer : undefined;
  }

  const meter = metered && transcriptMeter(metered, tell);
  let meteredAt = clock.steady();

  function tell(news: AgentNews): void {
    for (const listener of listeners) listener(news);
  }

  observer.watch((verdict, judgement) => {
    if (judgement) void answer(judgement);
    if (verdict.state !== "working" || clock.steady() - meteredAt >= METER_MS) {
      meteredAt = clock.steady();
      void meter?.read();
    }
    tell({ kind: "verdict", verdict });
  });

  /**
   * Answers a start-up dialog by its policy, each time that it opens. Not at once: programs that ask their terminal questions draw a
   * dialog again when the answers come, its choice back at the beginning, and a key in between would choose something else.
   */
  async function answer({ dialog }: Judgement): Promise<void> {
    const id = dialog?.id ?? "";
    if (id === answering) return;
    answering = id;
    for (const wait of dialog?.keys ? ANSWER_MS : []) {
      await clock.sleep(wait);
      if (closed || terminal.exit || answering !== id) return;
      const now = (await observer.look()).dialog;
      const [first, ...more] = now?.keys ?? [];
      if (now?.id !== id || !first) return;
      answers += 1;
      await terminal.press(`dialog/${id}/${answers}`, first, ...more);
    }
  }

  return {
    session: terminal.session,
    host: terminal.host,
    key: terminal.key,
    pid: terminal.pid,
    account,
    startMs: profile.interactive.startTimeout,
    ...(continued !== undefined && { continued }),
    terminal,
    verdict: () => closed ?? observer.verdict(),
    watch: (listener) => {
      listeners.add(listener);
      // What was used while nobody was there belongs to what it was at then.
      void meter?.read();
      return () => listeners.delete(listener);
    },
    prepare: (about, prompt) => {
      if (prompt) return terminal.bring?.(typedText(prompt, profile));
      const answer = askBefore(about, deps);
      answer.catch(() => undefined); // who delivers hears of it
      ahead = { key: about.key, at: clock.now(), moved: outputs, answer };
    },
    deliver: (prompt, signal) => {
      told = prompt;
      meter?.prompted(prompt);
      return typePrompt(prompt, deps, signal, known(prompt.key));
    },
    answer: async (key, asked) => {
      // Taken over, it may have been told something by the daemon before; told more since, its screen shows the answer to that.
      const text = told?.text ?? asked;
      if (text === "" || (told && key !== told.key)) return undefined;
      const { rows } = await terminal.screen();
      const { composer } = profile.interactive;
      const first = composer && "first" in composer ? pattern(composer.first) : undefined;
      const words = answerOnScreen(rows, text, (row) => first?.test(row) ?? false);
      return words === "" ? undefined : asBlock(words);
    },
    asked: async () => askedIn((await observer.look()).permission),
    permit: (key, answer, digest, signal) => givePermission({ key, answer, digest }, deps, signal),
    ...(profile.interactive.compact !== undefined && { compact: compacting(profile.interactive.compact, deps) }),
    interrupt: async (key) => {
      // Apart: two Escapes in one piece are read as one key with Alt.
      for (const [nth, one] of profile.interactive.interrupt.entries()) {
        if (nth > 0) await clock.sleep(KEYS_APART_MS);
        await terminal.press(nth === 0 ? key : `${key}/${nth}`, one);
      }
    },
    close: async () => {
      if (closed) return;
      closed = { state: "exited", evidence: [{ source: "process", said: "it was closed", at: clock.now() }] };
      observer.stop();
      // Its server tells while it is there; what is written down is whole once nobody writes on it.
      await meter?.read();
      await terminal.close();
      await meter?.read();
      if (metered) await removeHooks(metered.folder);
      tell({ kind: "verdict", verdict: closed });
      listeners.clear();
    },
    release: async () => {
      observer.stop();
      answering = "";
      listeners.clear();
    },
  };
}

const feedsOf = (folder: string, { events }: AgentProfile, clock: Clock): Feeds => ({
  hooks: (tell) => followHooks(folder, tell),
  ...(events && { events: (listener) => followEvents(folder, events, clock, listener) }),
});

/** A command of the agent's own: the one text that is meant to be taken for a command. */
const compacting =
  (command: string, deps: DeliveryDeps) =>
  async (key: string, signal: AbortSignal): Promise<boolean> => {
    const interactive = { ...deps.profile.interactive, byFile: [] };
    const asCommand = { ...deps, profile: { ...deps.profile, interactive } };
    const { kind } = await typePrompt({ key, text: command, file: "" }, asCommand, signal);
    return kind === "delivered";
  };
