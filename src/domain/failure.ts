/**
 * Everything that can go wrong by name. One row a code: what a person reads, what to do next, and how a program ends.
 *
 * A `Failure` is for what the caller cannot go on from; expected outcomes are values. Texts take `{named}` parameters.
 */

/** How a program ends: the exit codes of both programs, for scripts to rely on. */
export const EXITS = {
  0: "done",
  1: "the run or the command failed",
  2: "wrong usage",
  3: "the daemon cannot be reached",
  4: "not found",
  5: "conflict with what is there or under way",
  6: "refused by a budget",
  7: "waiting for a person",
  8: "an input file, or what a run needs, cannot be used",
  130: "interrupted, or declined",
} as const;

interface Row {
  exit: keyof typeof EXITS;
  text: string;
  hint: string;
  /** It passes, or somebody takes it away: a run waits for that instead of failing, and goes on by itself. */
  waits?: true;
}

// biome-ignore format: a table, one failure a line
export const FAILURES = {
  "usage.invalid": { exit: 2, text: "{problem}", hint: "devflow --help lists the commands" },
  "usage.unknown_command": { exit: 2, text: "there is no command {command}", hint: "{hint}" },
  "usage.arguments": { exit: 2, text: "{problem}", hint: "{hint}" },
  "usage.needs_terminal": { exit: 2, text: "{command} needs a terminal", hint: "{hint}" },
  "daemon.unreachable": { exit: 3, text: "no daemon answers at {socket}", hint: "start it with: devflowd start" },
  "daemon.unresponsive": { exit: 3, text: "the daemon at {socket} has not answered for {seconds} s", hint: "devflowd logs may show why; when it hangs, end it (agents in terminals live on) and: devflowd start" },
  "daemon.already_running": { exit: 5, text: "a daemon already runs here (pid {pid})", hint: "devflowd status shows it; devflowd restart replaces it" },
  "daemon.start_failed": { exit: 3, text: "the daemon did not start: {problem}", hint: "devflowd logs shows why" },
  "daemon.stopping": { exit: 3, text: "the daemon is stopping and takes no new work", hint: "try again once it is back" },
  "socket.path_too_long": { exit: 2, text: "the socket path {path} has {bytes} bytes; the system cuts paths over 103", hint: "set DEVFLOW_HOME or XDG_RUNTIME_DIR to a shorter directory" },
  "socket.unsafe_directory": { exit: 2, text: "the runtime directory {path} is open to others ({problem})", hint: "chmod 700 it, or set DEVFLOW_HOME to a directory of your own" },
  "home.unusable": { exit: 2, text: "{path} cannot be used: {problem}", hint: "set DEVFLOW_HOME to a directory that you can write to" },
  "protocol.parse": { exit: 1, text: "the request is not JSON", hint: "send one JSON-RPC 2.0 object a line" },
  "protocol.invalid_request": { exit: 1, text: "the request is not JSON-RPC 2.0: {problem}", hint: "see docs/protocol.md" },
  "protocol.unknown_method": { exit: 4, text: "there is no method {method}", hint: "devflow ctl methods lists them" },
  "protocol.invalid_params": { exit: 2, text: "{method}: {problem}", hint: "devflow ctl methods {method} shows the parameters" },
  "protocol.too_large": { exit: 1, text: "the request is over {limit} bytes", hint: "put large text into a file of the repository and name it" },
  "install.other_node": { exit: 1, text: "devflow was not installed with this Node ({node}): {problem}", hint: "install it again with this Node, in a checkout: npm rebuild; nothing is wrong with your data" },
  "machine.out_of_files": { exit: 1, text: "no more files can be opened", hint: "close some, or give devflowd more: ulimit -n 4096; devflowd restart", waits: true },
  "machine.file_limit": { exit: 1, text: "a file may not grow any more: files of this process are limited in size", hint: "give devflowd more: ulimit -f unlimited; devflowd restart", waits: true },
  "machine.no_processes": { exit: 1, text: "no more processes can be started: {problem}", hint: "end some, or give the user more (ulimit -u)", waits: true },
  internal: { exit: 1, text: "something broke inside devflow: {problem}", hint: "devflowd logs has the details" },

  "cast.invalid": { exit: 8, text: "{where}: {problem}", hint: "devflow sessions record says where a session's recording is" },

  "run.not_found": { exit: 4, text: "there is no run {run}", hint: "devflow runs list shows them" },
  "run.ambiguous": { exit: 4, text: "{run} could be any of {count} runs", hint: "give more of the id" },
  "run.already_active": { exit: 5, text: "{repo} already has an active run on {base}: {run}", hint: "wait for it, or: devflow runs cancel {run}" },
  "run.idempotency_conflict": { exit: 5, text: "the idempotency key {key} was used for another request (run {run})", hint: "use a new key" },
  "run.ended": { exit: 5, text: "run {run} has ended ({state})", hint: "start a new one with devflow run" },
  "run.not_resumable": { exit: 5, text: "run {run} cannot be resumed: it is {state}", hint: "devflow runs show {run} tells more" },
  "run.nothing_to_approve": { exit: 5, text: "nothing in run {run} waits for approval{phase}", hint: "devflow runs show {run} tells where it is" },
  "run.wait_timeout": { exit: 1, text: "run {run} was still {state} after {timeout}", hint: "devflow runs show {run} tells where it is" },
  "run.cancelled": { exit: 1, text: "the run was cancelled", hint: "" },
  "run.not_deletable": { exit: 5, text: "run {run} cannot be deleted: it is {state}", hint: "end it first: devflow runs cancel {run}" },

  "run.no_report": { exit: 5, text: "run {run} has no report yet: it is {state}", hint: "the report is written when the run ends" },
  "phase.timeout": { exit: 1, text: "phase {phase} did not finish within {timeout}", hint: "raise the phase's timeout in the template, or resume the run" },
  "phase.rejected": { exit: 1, text: "phase {phase} was rejected: {comment}", hint: "" },
  "phase.loop_exhausted": { exit: 1, text: "phase {phase} was not satisfied after {max} rounds", hint: "its findings are in the report: devflow runs report" },
  "phase.not_found": { exit: 4, text: "run {run} has no phase {phase}{suggestion}", hint: "devflow runs show {run} lists them" },
  "artifact.invalid": { exit: 1, text: "phase {phase}: the artifact does not satisfy {schema}: {problem}", hint: "the session's transcript shows what the agent was told" },
  "command.failed_to_start": { exit: 1, text: "phase {phase}: {command} could not be started: {problem}", hint: "the command must exist in the run's worktree or on PATH" },
  "artifact.damaged": { exit: 1, text: "the kept artifact {sha256} is not what it was when it was accepted", hint: "somebody changed the data directory; reject the phase to have it made again" },

  "talk.none": { exit: 5, text: "nobody can talk in run {run}: it is {state}", hint: "devflow chat begins another talk" },
  "talk.busy": { exit: 5, text: "the agent is at work on what was said before", hint: "wait for its answer, or interrupt it" },
  "talk.cannot_undo": { exit: 5, text: "the last turn cannot be undone: {problem}", hint: "devflow runs diff shows what is changed" },
  "talk.bad_reference": { exit: 8, text: "@{path}: {problem}", hint: "name a text file or a folder of this repository; names with spaces stand in quotes: @\"a b.md\"" },
  "session.not_found": { exit: 4, text: "there is no session {session}", hint: "devflow sessions list shows them" },
  "session.ended": { exit: 5, text: "session {session} has ended ({state})", hint: "devflow sessions list shows who is at work; devflow sessions record {session} tells where its recording is" },
  "session.lost": { exit: 1, text: "the agent {persona} was lost: {problem}", hint: "devflow sessions show {session} tells what happened" },
  "session.recovery_exhausted": { exit: 1, text: "the agent {persona} did not recover: {counter} was tried {limit} times", hint: "attach to it, put it right, then: devflow runs resume {run}" },
  "session.login_required": { exit: 7, text: "the agent {persona} needs a login", hint: "devflow attach {session}, log in, then: devflow runs resume {run}" },
  "session.needs_login": { exit: 7, text: "the agent {persona} needs a login: {problem}", hint: "log in with {command} in a terminal of your own, then: devflow sessions interrupt {session}" },
  "session.protocol_version": { exit: 8, text: "the agent {persona} speaks version {theirs} of the Agent Client Protocol, and devflow speaks version {ours}", hint: "install a version of {agent} that fits: {install}" },
  "session.awaits_permission": { exit: 7, text: "the agent {persona} asks for permission{what}", hint: "devflow attach {session} shows the question and takes the answer" },
  "session.awaits_input": { exit: 7, text: "the agent {persona} asks a question", hint: "devflow attach {session} shows the question and takes the answer" },
  "session.awaits_person": { exit: 7, text: "the agent {persona} waits for a person", hint: "devflow attach {session}" },
  "session.paused": { exit: 7, text: "the agent {persona} was paused by a person", hint: "devflow attach {session}, then: /resume" },
  "session.killed": { exit: 7, text: "the agent {persona} was ended by {by}", hint: "devflow runs resume starts it again" },
  "session.ambiguous": { exit: 4, text: "{session} could be any of {count} sessions", hint: "give more of the id" },
  "session.not_recorded": { exit: 4, text: "session {session} has no recording", hint: "recording is a setting: docs/configuration.md" },
  "session.send_failed": { exit: 1, text: "session {session} did not take the text: {problem}", hint: "devflow attach {session} shows its screen" },
  "session.cannot_pause": { exit: 5, text: "session {session} cannot be paused ({adapter})", hint: "devflow sessions interrupt {session} stops its turn" },
  "session.no_terminal": { exit: 5, text: "session {session} has no terminal to attach to ({adapter})", hint: "devflow runs events shows what it does" },
  "terminal.open_failed": { exit: 1, text: "no terminal could be opened for {label}: {problem}", hint: "devflowd logs has the details" },
  "terminal.unresponsive": { exit: 1, text: "tmux does not answer", hint: "what needs a terminal waits and goes on by itself; if it stays so, see who has stopped tmux (its socket is {socket})", waits: true },
  "terminal.no_host": { exit: 1, text: "no terminal host works here: {problem}", hint: "install tmux 3.2 or newer" },

  "definition.not_found": { exit: 4, text: "there is no {kind} {name}{suggestion}", hint: "devflow {kind}s list shows them" },
  "definition.invalid": { exit: 8, text: "{where}: {problem}", hint: "devflow {kind}s validate FILE checks it" },
  "template.cycle": { exit: 8, text: "{where}: the phases form a cycle: {cycle}", hint: "remove one of these needs" },
  "template.unknown_need": { exit: 8, text: "{where}: phase {phase} needs {need}, which no phase produces", hint: "the phases are: {phases}" },
  "template.unknown_role": { exit: 8, text: "{where}: phase {phase} is given to {role}, which is not a role", hint: "the roles are: {roles}" },
  "template.bad_loop": { exit: 8, text: "{where}: phase {phase} cannot repeat from {from}: {problem}", hint: "repeat from a phase that this one needs, directly or through others" },
  "schema.does_not_compile": { exit: 8, text: "{where}: the schema does not compile: {problem}", hint: "schemas are JSON Schema 2020-12" },
  "schema.unsupported": { exit: 8, text: "{where}: {keyword} is not supported", hint: "write the schema without it: the validator gets it wrong" },
  "persona.agent_not_installed": { exit: 8, text: "persona {persona} runs {command}, which is not installed", hint: "{install}" },
  "persona.agent_unsupported": { exit: 8, text: "persona {persona} runs {agent} {version}, and its profile is made for {versions}", hint: "install another version, change the profile, or set agents.unsupportedVersion: warn" },
  "persona.not_logged_in": { exit: 8, text: "persona {persona} runs {command}, which is not logged in", hint: "log in with {command}, or bind it by name if it needs no login" },
  "persona.unknown_adapter": { exit: 8, text: "{where}: there is no adapter {adapter}", hint: "the adapters are: {adapters}" },
  "persona.unknown_agent": { exit: 8, text: "{where}: there is no agent {agent}", hint: "the agents are: {agents}" },
  "persona.agent_not_acp": { exit: 8, text: "persona {persona} runs {agent} over ACP, and its profile has no acp part", hint: "set adapter: terminal, or add acp to the agent's profile" },
  "persona.agent_not_headless": { exit: 8, text: "persona {persona} runs {agent} without a terminal, and its profile has no headless part", hint: "set adapter: terminal, or add headless to the agent's profile" },
  "persona.no_model": { exit: 8, text: "persona {persona} names no model", hint: "give it one: model: NAME, as its provider calls it" },
  "persona.unknown_provider": { exit: 8, text: "persona {persona} uses the provider {provider}, which is not set up", hint: "the providers are: {providers}; docs/model-agents.md tells how to add one" },
  "persona.no_server": { exit: 8, text: "persona {persona} uses {provider}, and nothing answers at {url}", hint: "start it, or set providers.{provider}.baseUrl in devflow.yaml" },
  "persona.no_key": { exit: 8, text: "persona {persona} uses {provider}, whose key is not set ({variable})", hint: "devflow login {provider}" },
  "binding.no_candidate": { exit: 8, text: "no installed persona can be {role} (it needs {capabilities})", hint: "install one of: {candidates}, or bind one: --bind {role}=PERSONA" },
  "binding.unknown_role": { exit: 2, text: "template {template} has no role {role}", hint: "its roles are: {roles}" },
  "binding.not_capable": { exit: 8, text: "persona {persona} cannot be {role}: it lacks {missing}", hint: "devflow personas list shows what each can do" },
  "binding.not_diverse": { exit: 8, text: "{role} must use another model family than {other}, and no installed persona does", hint: "install an agent of another family, or bind both roles yourself" },

  "git.missing": { exit: 8, text: "git is not installed, or not on PATH", hint: "install git 2.31 or newer" },
  "git.failed": { exit: 1, text: "git {command} failed: {problem}", hint: "the repository is at {path}" },
  "repo.missing": { exit: 8, text: "there is no directory {repo}", hint: "give a repository: --repo DIR" },
  "repo.unreadable": { exit: 8, text: "{repo} cannot be used: {problem}", hint: "check who owns it and its permissions" },
  "repo.not_git": { exit: 8, text: "{repo} is not a git repository", hint: "git init it, or give another one: --repo DIR" },
  "repo.bare": { exit: 8, text: "{repo} is a bare repository", hint: "clone it, and run in the clone" },
  "repo.no_commits": { exit: 8, text: "{repo} has no commits", hint: "make a first commit: a run branches off it" },
  "repo.no_base": { exit: 8, text: "{repo} has no branch {base}", hint: "its branches are: {branches}" },
  "repo.gone": { exit: 1, text: "the repository {repo} is gone, and with it the history of run {run}", hint: "the files as the run left them are in {path}" },
  "worktree.failed": { exit: 1, text: "the worktree could not be made: {problem}", hint: "check space and permissions at {path}" },
  "worktree.gone": { exit: 1, text: "the worktree of run {run} is gone: {path}", hint: "its branch devflow/{run} still has what was committed" },
  "worktree.unsafe": { exit: 1, text: "nothing is written to {path}: {problem}", hint: "an agent has replaced it; put a plain folder there, then: devflow runs resume {run}" },
  "worktree.holds_repository": { exit: 5, text: "the worktree {path} holds another git repository, {nested}, whose work devflow cannot save", hint: "move it out of the worktree, then try again" },
  "goal.empty": { exit: 2, text: "the goal is empty", hint: "say what should be done: --goal TEXT or --goal @FILE" },
  "input.unreadable": { exit: 8, text: "{path} cannot be read: {problem}", hint: "@FILE and - take UTF-8 text" },
  "goal.too_large": { exit: 8, text: "the goal has {bytes} bytes; the limit is {limit}", hint: "put the details into a file of the repository and name it in the goal" },
  "input.declined": { exit: 130, text: "nothing was started", hint: "" },
  "escalation.not_found": { exit: 4, text: "there is no open escalation {escalation}", hint: "devflow escalations list shows them" },
  "escalation.ambiguous": { exit: 4, text: "{escalation} could be any of {count} escalations", hint: "give more of the id" },
  "escalation.settled": { exit: 5, text: "escalation {escalation} is settled already", hint: "devflow escalations list shows what is open" },
  "escalation.answered_elsewhere": { exit: 5, text: "escalation {escalation} is a question of an agent, and answered there", hint: "{how}" },
  "escalation.changed": { exit: 5, text: "escalation {escalation} is not answered: {problem}", hint: "devflow escalations list shows what the agent asks now" },
  "escalation.for_people": { exit: 5, text: "only a person answers this, and this is the session of an agent ({session})", hint: "answer it from a terminal of your own" },
  "escalation.no_such_answer": { exit: 2, text: "escalation {escalation} is answered with one of: {answers}", hint: "devflow escalations show {escalation} tells what each does" },
  "budget.exhausted": { exit: 6, text: "the budget of {scope} {name} is {limit} USD, and the next call could bring it to {would} USD", hint: "devflow budget show tells how it stands; raise it with devflow budget set, then: devflow runs resume" },
  "budget.price_unknown": { exit: 6, text: "nobody knows what {model} costs, and a budget applies to the call", hint: "give it a price, mark its provider free, or set budget.unknownPrice: allow (docs/configuration.md)" },
  "budget.too_large": { exit: 2, text: "{usd} USD is more than devflow can keep account of", hint: "the most is 9 million USD" },
  "budget.call_given_up": { exit: 130, text: "the call was given up before it was made", hint: "" },
  "prices.unreachable": { exit: 1, text: "no prices from {address}: {problem}", hint: "what was known is used on; docs/money.md says where prices come from" },
  "prices.offline": { exit: 5, text: "prices.offline is set: {address} is not asked", hint: "take it out of devflow.yaml, or give prices in prices.overrides" },
  "prices.unknown": { exit: 4, text: "no price is known for {model}{suggestion}", hint: "devflow models --refresh asks the provider; prices.overrides in devflow.yaml takes your own" },
  "storage.full": { exit: 1, text: "the disk is full at {path}", hint: "make room; the runs go on by themselves", waits: true },
  "storage.locked": { exit: 1, text: "the database {path} is locked by another program{holder}", hint: "end that program; runs that wait go on by themselves", waits: true },
  "storage.damaged": { exit: 1, text: "the database {path} is damaged: {problem}{kept}", hint: "bring back a backup: rm -f {files}; tar -xzf BACKUP -C {folder} (without a backup, the first of these starts anew)" },
  "storage.foreign": { exit: 1, text: "the database {path} belongs to another program", hint: "move it away, or set DEVFLOW_HOME to another directory" },
  "storage.newer": { exit: 1, text: "the database {path} was written by a newer devflow (schema {found}, this one knows {known})", hint: "install that version" },
  "storage.unusable": { exit: 1, text: "the database {path} cannot be used: {problem}", hint: "check the disk, its quota and the rights; runs that wait go on by themselves", waits: true },
  "model.turn_limit": { exit: 1, text: "the model was called {limit} times in this attempt, and is not finished", hint: "raise maxTurns in the persona's api.limits, or give the phase a smaller goal; what it did is kept" },
  "model.token_budget_exceeded": { exit: 1, text: "this attempt has used {used} of its {limit} tokens", hint: "raise maxTokensTotal in the persona's api.limits; what it did is kept" },
  "model.tool_quota_exceeded": { exit: 1, text: "this attempt has made its {limit} tool calls, and is not finished", hint: "raise maxToolCalls in the persona's api.limits; what it did is kept" },
  "model.time_limit": { exit: 1, text: "this attempt has worked for its {limit}, and is not finished", hint: "raise wallTime in the persona's api.limits; what it did is kept" },
  "model.context_exceeded": { exit: 1, text: "the conversation does not fit into the {tokens} tokens of {model}, even with its past summed up", hint: "use a model with a larger context window, or a smaller goal" },
  "model.payment_required": { exit: 1, text: "{account} asks for payment: {problem}", hint: "add credit at the provider, then resume the run" },
  "model.key_refused": { exit: 7, text: "{account} refused the key (HTTP {status}): {problem}", hint: "set another key, then resume the run" },
  "model.request_refused": { exit: 1, text: "{account} refused a request to {model} (HTTP {status}): {problem}", hint: "the session's transcript shows what was said before it" },
  "model.unavailable": { exit: 1, text: "{model} could not be reached for {minutes} minutes: {problem}", hint: "resume the run when the provider is back, or bind another persona" },
  "model.no_tool_call": { exit: 1, text: "{model} answered {times} times in a row without using a tool", hint: "use a model that can call tools" },
  "model.bad_tool_call": { exit: 1, text: "{model} sent {times} times in a row a tool call that cannot be read: {problem}", hint: "use a model that can call tools, or raise maxOutputTokens when its answers are cut off" },
  "consent.required": { exit: 7, text: "nobody has agreed yet to what devflow does on this machine", hint: "devflow init shows it and asks; on a server: devflow init --accept" },
  "init.not_written": { exit: 1, text: "{path} could not be written: {problem}", hint: "set DEVFLOW_HOME to a directory that you can write to" },
  "key.no_store": { exit: 8, text: "{name} can be kept nowhere: {problem}", hint: "open a keyring, set secrets.file: true in devflow.yaml, or put {name} into the environment (docs/keys.md)" },
  "key.not_deleted": { exit: 1, text: "{name} could not be deleted from the {source}: {problem}", hint: "devflow doctor tells what stands in the way" },
  "key.not_found": { exit: 4, text: "no key is kept under {name}", hint: "devflow keys list shows those that are" },
  "key.invalid": { exit: 2, text: "{problem}", hint: "paste the key at the prompt, or give it on stdin: devflow login PROVIDER < FILE" },
  "provider.not_found": { exit: 4, text: "there is no provider {provider}{suggestion}", hint: "the providers are: {providers}; devflow.yaml takes more" },
  "provider.needs_no_key": { exit: 2, text: "{provider} needs no key", hint: "one that does has a name for it: providers.{provider}.key in devflow.yaml" },
  "provider.key_refused": { exit: 1, text: "{provider} refused the key (HTTP {status})", hint: "nothing was kept; --no-check keeps a key without asking" },
  "backup.exists": { exit: 5, text: "{path} is there already", hint: "give another name: a backup overwrites nothing" },
  "backup.failed": { exit: 1, text: "the backup {path} could not be written: {problem}", hint: "give a file in a directory that you can write to" },
  "config.invalid": { exit: 8, text: "{where}: {problem}", hint: "docs/configuration.md lists the settings" },
} as const satisfies Record<string, Row>;

export type FailureCode = keyof typeof FAILURES;
export type FailureParams = Record<string, string | number>;

/** The English sentence of a code: parameters filled in, unknown ones left out. */
export function sentence(template: string, params: FailureParams): string {
  const parts = cut.get(template) ?? template.split(/\{(\w+)\}/);
  cut.set(template, parts);
  let said = parts[0] ?? "";
  for (let at = 1; at < parts.length; at += 2) said += `${params[parts[at] ?? ""] ?? ""}${parts[at + 1] ?? ""}`;
  return said;
}

/** The templates, all of them from tables, as texts with the names of parameters in between. */
const cut = new Map<string, readonly string[]>();

export class Failure extends Error {
  readonly code: FailureCode;
  readonly params: FailureParams;

  constructor(code: FailureCode, params: FailureParams = {}, options?: { cause?: unknown }) {
    super(sentence(FAILURES[code].text, params), options);
    this.name = "Failure";
    this.code = code;
    this.params = params;
  }

  get hint(): string {
    return sentence(FAILURES[this.code].hint, this.params);
  }

  get exit(): number {
    return FAILURES[this.code].exit;
  }

  get waits(): boolean {
    const row: Row = FAILURES[this.code];
    return row.waits === true;
  }
}

/** A failure as it travels: over the socket, in an event, in `--json`. */
export interface FailureRecord {
  code: FailureCode;
  message: string;
  hint: string;
  details: FailureParams;
}

export const failureRecord = (failure: Failure): FailureRecord => ({
  code: failure.code,
  message: failure.message,
  hint: failure.hint,
  details: failure.params,
});

/** The failure that a record tells of. A code of another version of devflow keeps its sentence. */
export function failureFrom(record: unknown): Failure {
  const { code, message, details } = (
    typeof record === "object" && record !== null ? record : {}
  ) as Partial<FailureRecord>;
  if (code !== undefined && Object.hasOwn(FAILURES, code)) return new Failure(code, details ?? {});
  return new Failure("internal", { problem: message ?? "the answer tells no reason" });
}

/** The failure that a program's line of `--json` error output tells of; `undefined` for any other line. */
export function failureSaid(line: string): Failure | undefined {
  if (!line.startsWith('{"error":')) return undefined;
  try {
    return failureFrom((JSON.parse(line) as { error?: unknown }).error);
  } catch {
    return undefined;
  }
}
