/** Every command by its path. Only the one that is run is loaded. */
import type { MessageKey } from "../messages/en.ts";
import type { Command } from "./command.ts";

export interface Entry {
  summary: MessageKey;
  load: () => Promise<{ default: Command }>;
}

export const COMMANDS = {
  chat: { summary: "chat.summary", load: () => import("./commands/chat.ts") },
  run: { summary: "run.summary", load: () => import("./commands/run.ts") },
  watch: { summary: "watch.summary", load: () => import("./commands/watch.ts") },
  attach: { summary: "attach.summary", load: () => import("./commands/attach.ts") },
  approve: { summary: "approve.summary", load: () => import("./commands/approve.ts") },
  reject: { summary: "reject.summary", load: () => import("./commands/reject.ts") },

  costs: { summary: "costs.summary", load: () => import("./commands/costs.ts") },
  stats: { summary: "stats.summary", load: () => import("./commands/stats.ts") },
  usage: { summary: "usage.summary", load: () => import("./commands/usage.ts") },
  "usage reset": { summary: "usage.reset.summary", load: () => import("./commands/usage/reset.ts") },
  pricing: { summary: "pricing.summary", load: () => import("./commands/pricing.ts") },
  models: { summary: "models.summary", load: () => import("./commands/models.ts") },

  "runs list": { summary: "runs.list.summary", load: () => import("./commands/runs/list.ts") },
  "runs show": { summary: "runs.show.summary", load: () => import("./commands/runs/show.ts") },
  "runs events": { summary: "runs.events.summary", load: () => import("./commands/runs/events.ts") },
  "runs report": { summary: "runs.report.summary", load: () => import("./commands/runs/report.ts") },
  "runs wait": { summary: "runs.wait.summary", load: () => import("./commands/runs/wait.ts") },
  "runs resume": { summary: "runs.resume.summary", load: () => import("./commands/runs/resume.ts") },
  "runs cancel": { summary: "runs.cancel.summary", load: () => import("./commands/runs/cancel.ts") },
  "runs delete": { summary: "runs.delete.summary", load: () => import("./commands/runs/delete.ts") },
  "runs prune": { summary: "runs.prune.summary", load: () => import("./commands/runs/prune.ts") },
  "runs diff": { summary: "runs.diff.summary", load: () => import("./commands/runs/diff.ts") },

  "sessions list": { summary: "sessions.list.summary", load: () => import("./commands/sessions/list.ts") },
  "sessions show": { summary: "sessions.show.summary", load: () => import("./commands/sessions/show.ts") },
  "sessions send": { summary: "sessions.send.summary", load: () => import("./commands/sessions/send.ts") },
  "sessions interrupt": {
    summary: "sessions.interrupt.summary",
    load: () => import("./commands/sessions/interrupt.ts"),
  },
  "sessions pause": { summary: "sessions.pause.summary", load: () => import("./commands/sessions/pause.ts") },
  "sessions resume": { summary: "sessions.resume.summary", load: () => import("./commands/sessions/resume.ts") },
  "sessions restart": { summary: "sessions.restart.summary", load: () => import("./commands/sessions/restart.ts") },
  "sessions kill": { summary: "sessions.kill.summary", load: () => import("./commands/sessions/kill.ts") },
  "sessions record": { summary: "sessions.record.summary", load: () => import("./commands/sessions/record.ts") },

  "agents list": { summary: "agents.list.summary", load: () => import("./commands/agents/list.ts") },
  "agents show": { summary: "agents.show.summary", load: () => import("./commands/agents/show.ts") },
  "agents validate": { summary: "agents.validate.summary", load: () => import("./commands/agents/validate.ts") },
  "agents test": { summary: "agents.test.summary", load: () => import("./commands/agents/test.ts") },
  "escalations list": { summary: "escalations.list.summary", load: () => import("./commands/escalations/list.ts") },
  "escalations show": { summary: "escalations.show.summary", load: () => import("./commands/escalations/show.ts") },
  "escalations answer": {
    summary: "escalations.answer.summary",
    load: () => import("./commands/escalations/answer.ts"),
  },

  "budget show": { summary: "budget.show.summary", load: () => import("./commands/budget/show.ts") },
  "budget set": { summary: "budget.set.summary", load: () => import("./commands/budget/set.ts") },

  init: { summary: "init.summary", load: () => import("./commands/init.ts") },
  doctor: { summary: "doctor.summary", load: () => import("./commands/doctor.ts") },
  login: { summary: "login.summary", load: () => import("./commands/login.ts") },
  logout: { summary: "logout.summary", load: () => import("./commands/logout.ts") },
  "keys list": { summary: "keys.list.summary", load: () => import("./commands/keys/list.ts") },
  "keys set": { summary: "keys.set.summary", load: () => import("./commands/keys/set.ts") },
  "keys delete": { summary: "keys.delete.summary", load: () => import("./commands/keys/delete.ts") },

  "personas list": { summary: "personas.list.summary", load: () => import("./commands/personas/list.ts") },
  "personas show": { summary: "personas.show.summary", load: () => import("./commands/personas/show.ts") },
  "personas validate": { summary: "personas.validate.summary", load: () => import("./commands/personas/validate.ts") },
  "templates list": { summary: "templates.list.summary", load: () => import("./commands/templates/list.ts") },
  "templates show": { summary: "templates.show.summary", load: () => import("./commands/templates/show.ts") },
  "templates validate": {
    summary: "templates.validate.summary",
    load: () => import("./commands/templates/validate.ts"),
  },
  "schemas list": { summary: "schemas.list.summary", load: () => import("./commands/schemas/list.ts") },
  "schemas show": { summary: "schemas.show.summary", load: () => import("./commands/schemas/show.ts") },
  "schemas validate": { summary: "schemas.validate.summary", load: () => import("./commands/schemas/validate.ts") },

  audit: { summary: "audit.summary", load: () => import("./commands/audit.ts") },
  "audit verify": { summary: "audit.verify.summary", load: () => import("./commands/audit/verify.ts") },
  "notify test": { summary: "notify.test.summary", load: () => import("./commands/notify/test.ts") },
  backup: { summary: "backup.summary", load: () => import("./commands/backup.ts") },
  completion: { summary: "completion.summary", load: () => import("./commands/completion.ts") },

  "ctl ping": { summary: "ctl.ping.summary", load: () => import("./commands/ctl/ping.ts") },
  "ctl status": { summary: "ctl.status.summary", load: () => import("./commands/ctl/status.ts") },
  "ctl pause": { summary: "ctl.pause.summary", load: () => import("./commands/ctl/pause.ts") },
  "ctl resume": { summary: "ctl.resume.summary", load: () => import("./commands/ctl/resume.ts") },
  "ctl shutdown": { summary: "ctl.shutdown.summary", load: () => import("./commands/ctl/shutdown.ts") },
  "ctl call": { summary: "ctl.call.summary", load: () => import("./commands/ctl/call.ts") },
  "ctl methods": { summary: "ctl.methods.summary", load: () => import("./commands/ctl/methods.ts") },
  "ctl explain": { summary: "ctl.explain.summary", load: () => import("./commands/ctl/explain.ts") },
} as const satisfies Record<string, Entry>;

export type CommandPath = keyof typeof COMMANDS;
export const COMMAND_PATHS = Object.keys(COMMANDS) as readonly CommandPath[];

/** Commands that are only a first word, in the order in which help shows them. */
export const GROUPS = {
  runs: "group.runs",
  sessions: "group.sessions",
  agents: "group.agents",
  escalations: "group.escalations",
  budget: "group.budget",
  keys: "group.keys",
  notify: "group.notify",
  personas: "group.personas",
  templates: "group.templates",
  schemas: "group.schemas",
  ctl: "group.ctl",
} as const satisfies Record<string, MessageKey>;

export type Group = keyof typeof GROUPS;

export const isCommand = (path: string): path is CommandPath => Object.hasOwn(COMMANDS, path);
export const isGroup = (word: string): word is Group => Object.hasOwn(GROUPS, word);

export const commandsOf = (group: Group): CommandPath[] => COMMAND_PATHS.filter((path) => path.startsWith(`${group} `));
