/** Settings of one devflow home: `devflow.yaml` in the configuration directory. Every setting has a default. */
import { z } from "zod";
import { Providers } from "./provider.ts";

export const Config = z
  .strictObject({
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
    providers: Providers,
    paper: z
      .boolean()
      .default(false)
      .describe("Let roles be given to the paper agent by themselves: for demos and tests"),
  })
  .describe("Settings of devflow");
export type Config = z.infer<typeof Config>;
