/**
 * Agent profile: how one coding agent is found, started, read and stopped. Loaded from `agents/*.yaml`; nothing about an agent is code.
 *
 * In arguments and variables `{cwd}`, `{model}` and `{args}` stand for what the session brings. A list inside the arguments is taken only
 * when everything that it names is there: `[-m, "{model}"]` vanishes without a model. `{args}` alone becomes the persona's arguments.
 * `{cwd:json}` is the same as a JSON string, which TOML reads too. `{conversation}` is the agent's own id of what it continues.
 */
import { z } from "zod";
import { Composer } from "./composer.ts";
import { Conversations } from "./conversation.ts";
import { EventStream } from "./event-stream.ts";
import { Hooks } from "./hook-event.ts";
import { Slug } from "./names.ts";
import { PermissionDialog } from "./permission-dialog.ts";
import { Keys } from "./profile-key.ts";
import { Argument, Arguments, Path, Variable } from "./profile-parts.ts";
import { Pattern, pattern, ScreenRule } from "./screen-rule.ts";
import { AgentState } from "./session.ts";
import { UsageRule } from "./usage-rule.ts";
import { inRange, VersionRange } from "./version-range.ts";

const Variables = z.strictObject({
  set: z.record(Variable, z.string().max(2_000)).default({}).describe("Variables it always gets"),
  pass: z
    .array(Variable)
    .default([])
    .describe("Variables it gets from the daemon's environment when they are there: where its home is, no secrets"),
});

export const Dialog = z
  .strictObject({
    id: Slug,
    when: ScreenRule,
    policy: z
      .enum(["trust", "accept", "decline", "park"])
      .describe(
        "trust: yes, devflow made this folder; accept: yes, the session was given what it asks about; decline: no, by itself; park: a person must answer",
      ),
    keys: Keys.optional().describe("What answers it so; not for park"),
    state: AgentState.optional().describe(
      "What the agent is while a parked dialog stands; awaiting_input when left out",
    ),
  })
  .refine(
    (dialog) => (dialog.policy === "park") === (dialog.keys === undefined),
    "trust, accept and decline need keys, park has none",
  );
export type Dialog = z.infer<typeof Dialog>;

const EventRule = z.strictObject({
  where: z
    .record(Path, z.string())
    .describe("The event has these texts at these paths; numbers and true as they are written"),
  at: Path.describe("Where the wanted value is"),
  matches: Pattern.optional().describe("And the value reads like this"),
});
export type EventRule = z.infer<typeof EventRule>;

export const HeadlessEvents = z.strictObject({
  session: EventRule.optional().describe("The id of the agent's own conversation"),
  sessionKept: z
    .enum(["started", "answered"])
    .default("started")
    .describe("From when on it can go on with that conversation: answered, only once it has said something in it"),
  text: EventRule.describe("What the agent says"),
  failed: z.array(EventRule).default([]).describe("The turn has failed; the value is why"),
  recovered: z.array(EventRule).default([]).describe("What failed before was tried again, with success"),
  usage: UsageRule.optional(),
});
export type HeadlessEvents = z.infer<typeof HeadlessEvents>;

const HeadlessLog = z.strictObject({
  line: Pattern.describe("What is a line of it, among what stderr says to people"),
  taken: Pattern.describe("It has the prompt, in the conversation that group 1 names"),
  refused: Pattern.optional().describe("Its model has refused, group 1 says why; it asks again by itself"),
});
export type HeadlessLog = z.infer<typeof HeadlessLog>;

/** What the reason of a failed headless turn says: the failure event's words, what its model refused, or the end of stderr. */
const FailedBecause = z.strictObject({
  state: z.enum(["login_required", "rate_limited"]),
  regex: Pattern,
  until: Pattern.optional().describe("Group 1 is when a limit ends, as printed"),
});

/** What composers take for a command, a shell, a note or a file when it stands first, and for a further line when it stands last. */
const SPECIAL = ["^\\s*[/!#@$?&>]", "\\\\\\s*$"];

const ByFile = z
  .array(Pattern)
  .default(SPECIAL)
  .describe("Prompts that it would not take as they are: they go as a file too, with a line that points to it");

/** Whether a prompt goes as a file, since the agent would take it for something else or change it. */
export const goesByFile = ({ byFile }: { byFile: readonly string[] }, text: string): boolean =>
  byFile.some((one) => pattern(one).test(text));

const MarkMeans = AgentState.extract(["working", "ready"]).optional();

export const Interactive = z.strictObject({
  args: Arguments,
  resume: Arguments.optional().describe("Instead of args, to go on with its own conversation {conversation}"),
  startTimeout: z.int().positive().describe("Until its first ready screen, in milliseconds, on a slow machine"),
  startsAlone: z
    .boolean()
    .default(false)
    .describe("Two that start at once spoil each other: the next one starts when the one before is up"),
  composer: Composer,
  ready: ScreenRule.optional().describe("What must be on the screen too before an empty composer is believed"),
  witness: z
    .array(z.enum(["status", "title"]))
    .default([])
    .describe("One of these must say idle before an empty composer is believed; none: the screen alone is enough"),
  programStatus: z.boolean().default(false).describe("It reports by OSC 7501"),
  title: z
    .array(z.strictObject({ state: AgentState, regex: Pattern }))
    .default([])
    .describe("What the terminal title says; the first that fits counts. ready means idle"),
  dialogs: z.array(Dialog).default([]),
  permissions: z
    .array(PermissionDialog)
    .max(20)
    .default([])
    .describe(
      "How its permission dialogs read, in order; they are answered by the persona's permissions, or by a person",
    ),
  screen: z
    .array(
      z.strictObject({
        state: AgentState.exclude(["ready", "exited"]),
        when: ScreenRule,
        without: z
          .array(z.enum(["status", "title"]))
          .default([])
          .describe("Believed only while none of these says anything: for rows that may stay on the screen too long"),
        until: Pattern.optional().describe("Group 1 is when a limit ends, as printed"),
      }),
    )
    .default([])
    .describe("In order; ready is never said by a rule, only by the composer"),
  progress: z
    .boolean()
    .default(false)
    .describe("It draws a progress bar in the terminal's tab while it works (OSC 9;4)"),
  marks: z
    .strictObject({
      ...{ A: MarkMeans, B: MarkMeans, C: MarkMeans, D: MarkMeans },
      holds: z.int().positive().default(10_000).describe("How long the last one is believed, in milliseconds"),
    })
    .prefault({})
    .describe(
      "What its prompt marks (OSC 133) mean: A a prompt begins, B it ends, C what was typed is being done, D that is over. Only working counts against an empty composer",
    ),
  notices: z
    .array(z.strictObject({ state: AgentState.extract(["awaiting_permission", "awaiting_input"]), regex: Pattern }))
    .default([])
    .describe(
      "What its notices (OSC 9, 99, 777) mean, while the screen says nothing; one that fits none, and the bell, mean awaiting_input",
    ),
  failed: z
    .strictObject({
      status: z.boolean().default(false).describe("The program status error says that the last turn has failed"),
      when: ScreenRule.optional(),
      causes: z
        .array(
          z.strictObject({
            cause: z.enum(["login_required", "rate_limited", "context_full", "network", "provider", "overloaded"]),
            when: ScreenRule,
            until: Pattern.optional(),
          }),
        )
        .default([]),
    })
    .optional()
    .describe("How an idle screen shows that the last turn has failed"),
  bracketedPaste: z
    .boolean()
    .default(true)
    .describe("It asks its terminal to mark pastes (DECSET 2004): until it does, a paste would be read as keys"),
  submitGap: z.int().min(0).max(10_000).describe("Between paste and Enter, in milliseconds"),
  submit: Keys.default(["Enter"]),
  clear: Keys.default(["C-u"]).describe("Empties the composer"),
  interrupt: Keys.describe("Stops a turn"),
  compact: z
    .string()
    .regex(/^\S[^\n]*$/)
    .max(200)
    .optional()
    .describe("What is typed to have it make a context shorter that is full"),
  quit: Keys.describe("Ends the agent when it is idle"),
  maxPaste: z.int().positive().default(100_000).describe("Larger prompts go as a file, in bytes"),
  byFile: ByFile,
});
export type Interactive = z.infer<typeof Interactive>;

/** Some of the fields of another shape, and no defaults: what is left out is not changed. */
const InteractiveChanges = z.strictObject(
  Object.fromEntries(
    Object.entries(Interactive.shape).map(([name, field]) => [
      name,
      (field instanceof z.ZodDefault || field instanceof z.ZodPrefault ? field.unwrap() : field).optional(),
    ]),
  ),
) as unknown as z.ZodType<Partial<Interactive>>;

export const AgentProfile = z
  .strictObject({
    name: Slug.describe("How personas refer to it"),
    title: z.string().max(80),
    family: Slug.describe("The family of its default model, for diverseFrom"),
    install: z.string().max(300).describe("What a person types to install it"),
    checked: z.array(z.string().max(40)).min(1).describe("Versions that this profile was tested with"),
    versions: VersionRange.optional().describe("Versions that it is made for; others may look different"),
    binary: z.strictObject({
      command: z
        .string()
        .min(1)
        .max(300)
        .describe("Looked up on PATH, or a path relative to this file when it starts with ./"),
      override: Variable.optional().describe("A variable of the daemon that names the program instead"),
      version: z.strictObject({ args: z.array(Argument), regex: Pattern.describe("Group 1 is the version") }),
    }),
    login: z
      .strictObject({
        args: z.array(Argument).optional().describe("Ends with 0 when it is logged in"),
        files: z
          .array(z.string().max(300))
          .default([])
          .describe("Any of these under the home directory means logged in"),
        env: z.array(Variable).default([]).describe("Any of these set means logged in"),
      })
      .optional(),
    env: Variables.prefault({}),
    transcripts: z
      .string()
      .max(300)
      .optional()
      .describe("Where it writes its conversations, under its home directory, with * for what differs"),
    conversations: Conversations.optional().describe(
      "How the conversation of a session that has ended is found again: by its transcript, or by asking the program",
    ),
    interactive: Interactive,
    hooks: Hooks.optional().describe("How it is made to tell what it does, by settings of the session's own"),
    events: EventStream.optional().describe("How it is made to tell what it does beside its terminal, event by event"),
    variants: z
      .array(
        z.strictObject({
          versions: VersionRange.describe("Which versions of the program"),
          interactive: InteractiveChanges.describe(
            "What is different in them: each field replaces the whole one above",
          ),
        }),
      )
      .default([])
      .describe("Versions that behave differently; one whose version is not known is none of them"),
    headless: z
      .strictObject({
        args: Arguments,
        resume: Arguments.optional().describe(
          "Instead of args, for a further prompt in the conversation {conversation}; left out: each prompt stands alone",
        ),
        prompt: z.enum(["stdin", "argument"]),
        byFile: ByFile.unwrap().default([]),
        causes: z.array(FailedBecause).default([]).describe("In order; what is none of these is an ordinary failure"),
        events: HeadlessEvents,
        log: HeadlessLog.optional().describe(
          "The log that it writes to stderr, where its events begin only once its model has answered",
        ),
        exitCodes: z.boolean().describe("A failed turn ends with another code than 0. 0 never proves anything"),
      })
      .optional(),
    acp: z
      .strictObject({
        args: Arguments,
        env: z
          .record(Variable, z.string().max(2_000))
          .default({})
          .describe("Variables that it gets beside those of env"),
        startTimeout: z
          .int()
          .positive()
          .default(120_000)
          .describe("Until it takes prompts, in milliseconds, on a slow machine"),
        login: z
          .string()
          .max(100)
          .optional()
          .describe("The login method to ask it for when it wants one; only one that needs no person"),
        files: z
          .array(z.enum(["read", "write"]))
          .default(["read", "write"])
          .describe("What it may ask devflow to do with files for it; it has tools of its own for the rest"),
        usage: z
          .enum(["turn", "conversation", "call"])
          .default("turn")
          .describe(
            "What the usage in the answer to a prompt counts: that turn, all of the conversation so far, or only the last call of the model, which is booked only with a cost that is told",
          ),
        causes: z.array(FailedBecause).default([]).describe("In order; what is none of these is an ordinary failure"),
      })
      .optional()
      .describe("How it speaks the Agent Client Protocol over its stdin and stdout"),
  })
  .describe("How to drive one coding agent");
export type AgentProfile = z.infer<typeof AgentProfile>;

/** The versions that the profile is made for, where this one is none of them. */
export const unsupportedBy = (
  { versions }: Pick<AgentProfile, "versions">,
  version: string | undefined,
): string | undefined =>
  versions !== undefined && version !== undefined && !inRange(versions, version) ? versions : undefined;

/** The profile as it is for one version of the program. */
export function forVersion(profile: AgentProfile, version: string | undefined): AgentProfile {
  const fitting = version === undefined ? [] : profile.variants.filter(({ versions }) => inRange(versions, version));
  const changes: Partial<Interactive> = Object.assign({}, ...fitting.map(({ interactive }) => interactive));
  return { ...profile, interactive: { ...profile.interactive, ...changes } };
}

export interface LaunchValues {
  cwd: string;
  model: string | undefined;
  args: readonly string[];
  conversation?: string | undefined;
}

/** The arguments after the program's name. */
export function launchArgs(wanted: AgentProfile["interactive"]["args"], launch: LaunchValues): string[] {
  const { cwd, model, args, conversation } = launch;
  const values: Record<string, string | undefined> = { cwd, "cwd:json": JSON.stringify(cwd), model, conversation };
  const fill = (argument: string): string | undefined => {
    let whole = true;
    const text = argument.replace(/\{([a-z]+(?::[a-z]+)?)\}/g, (placeholder, name: string) => {
      if (!(name in values)) return placeholder;
      whole &&= values[name] !== undefined;
      return values[name] ?? "";
    });
    return whole ? text : undefined;
  };
  return wanted.flatMap((argument) => {
    if (argument === "{args}") return [...args];
    const filled = [argument].flat().map(fill);
    return filled.includes(undefined) ? [] : filled.filter((one) => one !== undefined);
  });
}

/** The variables that a profile asks for, out of the daemon's own environment. */
export function launchEnv(
  { set, pass }: AgentProfile["env"],
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = pass.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return { ...Object.fromEntries(passed), ...set };
}
