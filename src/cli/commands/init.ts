/** devflow init: asks for agreement, shows what is here, and writes settings to begin with. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { configText, settingsLeftOut } from "../../domain/config-text.ts";
import { CONSENT_VERSION } from "../../domain/consent.ts";
import { Failure } from "../../domain/failure.ts";
import { systemProblem } from "../../domain/system-problem.ts";
import { say, shipped } from "../../messages/say.ts";
import { placesHere } from "../../protocol/here.ts";
import { askedFor, showTerms } from "../agreement.ts";
import { type CommandContext, defineCommand, whoAsks } from "../command.ts";
import { consentFile } from "../consent-file.ts";
import type { Ground } from "../doctor/ground.ts";
import { type Found, foundLines, type InitResult, initLines } from "../show/init.ts";
import { saysYes } from "../yes.ts";

interface Input {
  accept?: true;
  yes?: true;
}

export default defineCommand<Input>({
  name: "init",
  summary: "init.summary",
  about: "init.about",
  options: { "--accept": "init.accept", "-y, --yes": "init.yes" },
  examples: ["devflow init", "devflow init --accept --yes"],
  async run({ accept = false, yes = false }, context) {
    const { out, env, consent, ground, running } = context;
    const places = placesHere({ ...env });
    await agreement(accept, context);
    const found = await look(await ground(running));
    if (!out.json) out.notes((paper) => foundLines(found, paper));
    const file = join(places.config, "devflow.yaml");
    const settings = await write(file, yes, context);
    const result: InitResult = {
      consent: await consent.state(),
      consentFile: consentFile(places.state),
      found,
      settings,
    };
    out.show(result, initLines);
    return 0;
  },
});

async function agreement(accept: boolean, context: CommandContext): Promise<void> {
  const { consent, terminal, out, now, env } = context;
  const state = await consent.state();
  if (state.kind === "given") return;
  if (accept) {
    if (!out.json) showTerms(state, context);
    return consent.give({ version: CONSENT_VERSION, at: now(), by: whoAsks(env), how: "accepted" });
  }
  if (terminal.canAsk && !out.json) return askedFor(state, context);
  if (!out.json) showTerms(state, context);
  throw new Failure("consent.required");
}

const version = (text: string): string => /\d+(?:\.\d+)+\w*/.exec(text)?.[0] ?? "";

async function look({ agents, keys, said }: Ground): Promise<Found> {
  const program = async (name: string, arg: string): Promise<string | undefined> => {
    const told = await said(name, [arg]);
    return told.kind === "said" ? version(told.text) : undefined;
  };
  const installed = async (): Promise<Found["agents"]> => {
    const shelf = await agents();
    const { good } = await shelf.list();
    const all = await Promise.all(
      good.map(async ({ value, source }) => ({ name: value.name, ...(await shelf.installed(value, source)) })),
    );
    return all
      .filter(({ name, program }) => program !== undefined && name !== "paper")
      .map(({ name, version, loggedIn }) => ({
        name,
        ...(version !== undefined && { version }),
        ...(loggedIn !== undefined && { loggedIn }),
      }));
  };
  const kept = async (): Promise<string[]> => {
    const { secrets } = await (await keys()).secrets.list();
    return [...new Set(secrets.map(({ name }) => name))];
  };
  const [git, tmux, here, names] = await Promise.all([
    program("git", "--version"),
    program("tmux", "-V"),
    installed(),
    kept(),
  ]);
  return { ...(git !== undefined && { git }), ...(tmux !== undefined && { tmux }), agents: here, keys: names };
}

async function write(path: string, yes: boolean, context: CommandContext): Promise<InitResult["settings"]> {
  const { terminal, out, ground, running } = context;
  const before = await readFile(path, "utf8").catch(() => undefined);
  if (before !== undefined) {
    await (await ground(running)).config(); // what is wrong with it is told before what it lacks
    const said = Object.fromEntries([...before.matchAll(/^([a-z]\w*):/gim)].map(([, name]) => [name, true]));
    return { kind: "kept", path, leftOut: settingsLeftOut(said) };
  }
  const asks = !yes && terminal.canAsk && !out.json;
  const answer = asks ? await terminal.ask(`\n${say("init.write", { path })} `) : "y";
  if (answer?.trim() !== "" && !saysYes(answer)) return { kind: "declined", path };
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, configText(shipped), { flag: "wx", mode: 0o600 });
    return { kind: "written", path };
  } catch (cause) {
    throw new Failure("init.not_written", { path, problem: systemProblem(cause) }, { cause });
  }
}
