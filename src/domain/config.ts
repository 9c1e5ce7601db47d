/** Settings of one devflow home: `devflow.yaml` in the configuration directory. Every setting has a default. */
import { z } from "zod";
import { type Limit, Policy, type ScopeKind } from "./budget.ts";
import { LANGUAGES } from "./language.ts";
import { Usd } from "./money.ts";
import { Duration, milliseconds } from "./names.ts";
import { NOTIFIED } from "./notified.ts";
import { OwnPrice } from "./price-rows.ts";
import { Providers } from "./provider.ts";
import { SecretName } from "./secret.ts";

/** The list is large, and changes every few days. */
const LEAST_REFRESH_MS = 60_000;

/** Shorter, a run would go while somebody still reads its report. */
const LEAST_KEEP_MS = 60 * 60_000;

/** This machine, by an address that is nobody else's. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const HookUrl = z
  .url({ protocol: /^https?$/, error: "use an address that begins with https://" })
  .max(2_000)
  .refine((url) => url.startsWith("https:") || LOOPBACK.test(hostOf(url)), "use https, or http on this machine alone")
  .refine((url) => !/^[a-z]+:\/\/[^/?#]*@/i.test(url), "a password does not belong into an address: sign with secret");

function hostOf(url: string): string {
  const [, host = ""] = /^[a-z]+:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]*)/i.exec(url) ?? [];
  return host.toLowerCase();
}

const Notify = z.strictObject({
  on: z
    .array(z.enum(NOTIFIED))
    .default(["waiting", "completed", "failed"])
    .describe("What people are told of: a run waits for somebody, or has ended"),
  bell: z.boolean().default(false).describe("devflow run and devflow watch ring the terminal's bell"),
  desktop: z.boolean().default(false).describe("By notify-send, or on macOS by osascript, where it is there"),
  command: z
    .array(z.string().min(1).max(2_000))
    .min(1)
    .max(50)
    .optional()
    .describe("A program and its arguments, started without a shell; what it is about is in DEVFLOW_NOTIFY_…"),
  webhook: z
    .strictObject({
      url: HookUrl.describe("https, or http on this machine alone"),
      secret: SecretName.describe("The name of the key that requests are signed with, as devflow keys set keeps it"),
      tries: z.int().min(1).max(12).default(6).describe("How often a notification is tried, longer and longer apart"),
    })
    .optional()
    .describe("A signed request to an address"),
});

export const Config = z
  .strictObject({
    language: z
      .enum(["auto", ...LANGUAGES])
      .default("auto")
      .describe("What devflow speaks to people; auto takes the locale, and DEVFLOW_LANG goes before both"),
    host: z
      .enum(["auto", "tmux", "pty"])
      .default("auto")
      .describe("Where terminals live; auto takes tmux when it is there"),
    resume: z
      .enum(["auto", "manual"])
      .default("auto")
      .describe("Whether runs that a stopped daemon left go on by themselves"),
    terminal: z
      .strictObject({
        cols: z.int().min(40).max(500).default(160).describe("Columns of each agent's terminal"),
        rows: z.int().min(10).max(200).default(48).describe("Rows of each agent's terminal"),
      })
      .prefault({}),
    recording: z
      .strictObject({
        enabled: z.boolean().default(true).describe("Whether each terminal is recorded as an asciicast"),
        maxMb: z.int().min(1).max(1_000).default(20).describe("A recording ends with a note when it reaches this size"),
      })
      .prefault({}),
    agents: z
      .strictObject({
        unsupportedVersion: z
          .enum(["warn", "refuse"])
          .default("warn")
          .describe("What happens where an agent's version is none that its profile is made for: said, or not started"),
      })
      .prefault({}),
    providers: Providers,
    consent: z
      .enum(["ask", "required"])
      .default("ask")
      .describe("Without a terminal, whether a run that nobody has agreed to is started with a note, or refused"),
    secrets: z
      .strictObject({
        keyring: z.boolean().default(true).describe("Look for keys in this system's keyring, and keep them there"),
        file: z
          .boolean()
          .default(false)
          .describe("Keep keys in a file (secrets.json, mode 0600) where there is no keyring; it is read after it"),
      })
      .prefault({}),
    prices: z
      .strictObject({
        refresh: Duration.refine(
          (time) => milliseconds(time) >= LEAST_REFRESH_MS,
          "ask no more often than once a minute",
        )
          .default("24h")
          .describe("How often the catalogue of prices is fetched, once a model behind an API is in use"),
        offline: z
          .boolean()
          .default(false)
          .describe("Never fetch it: the shipped prices and your own are all there are"),
        overrides: z
          .record(z.string().min(1).max(200), OwnPrice)
          .default({})
          .describe("Model → what it costs you, in US dollars for a million tokens; wins over every other price"),
      })
      .prefault({}),
    budget: z
      .strictObject({
        policy: Policy.default("block"),
        runUsd: Usd.optional().describe("The most that a run may cost, when nothing else is said at its start"),
        dayUsd: Usd.optional().describe("The most that all runs together may cost in a day"),
        personaDayUsd: Usd.optional().describe("The most that each persona may cost in a day"),
        unknownPrice: z
          .enum(["allow", "refuse"])
          .optional()
          .describe(
            "Calls of models whose price nobody knows; left out: refused where a limit applies, allowed elsewhere",
          ),
      })
      .prefault({}),
    notify: Notify.prefault({}),
    runs: z
      .strictObject({
        keep: z
          .union([
            z.literal("never"),
            Duration.refine((time) => milliseconds(time) >= LEAST_KEEP_MS, "keep them for an hour at least"),
          ])
          .default("never")
          .describe(
            "After how long, as 90d, a run that has ended is deleted; never: not at all. It is done as by devflow runs delete",
          ),
      })
      .prefault({}),
    paper: z
      .boolean()
      .default(false)
      .describe("Let roles be given to the paper agent by themselves: for demos and tests"),
  })
  .describe("Settings of devflow");
export type Config = z.infer<typeof Config>;

/** The limits that count where nobody has set others. A run's own is written down when it starts. */
export function limitsOf({ policy, dayUsd, personaDayUsd }: Config["budget"]): Partial<Record<ScopeKind, Limit>> {
  return {
    ...(dayUsd !== undefined && { day: { usd: dayUsd, policy } }),
    ...(personaDayUsd !== undefined && { "persona-day": { usd: personaDayUsd, policy } }),
  };
}
