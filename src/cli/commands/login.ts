/** devflow login: keeps the key of a provider, once the provider takes it. */
import { Failure } from "../../domain/failure.ts";
import { say } from "../../messages/say.ts";
import { defineCommand } from "../command.ts";
import { keep, keptLines, providerCalled } from "../kept-key.ts";
import { keyGiven } from "../typed-key.ts";

interface Input {
  provider: string;
  from?: string;
  /** Commander's name for `--no-check`. */
  check?: boolean;
}

export default defineCommand<Input>({
  name: "login",
  summary: "login.summary",
  about: "login.about",
  arguments: { "<provider>": "argument.provider" },
  options: { "--from <file>": "login.from", "--no-check": "login.no_check" },
  examples: [
    "devflow login openrouter",
    "devflow login openrouter < key.txt",
    "pass openrouter | devflow login openrouter",
  ],
  async run({ provider: called, from, check = true }, context) {
    const { keys, terminal, out } = context;
    const chest = await keys({ patient: terminal.canAsk });
    const { name, provider } = providerCalled(called, chest);
    const value = await keyGiven(name, from, context);
    const verdict = check ? await chest.check(provider, value) : undefined;
    if (verdict?.kind === "refused")
      throw new Failure("provider.key_refused", { provider: called, status: verdict.status });
    const kept = await keep(name, value, chest, context, called);
    out.show({ provider: called, ...kept, ...(verdict && { check: verdict }) }, () => [
      ...(verdict?.kind === "accepted" ? [say("login.accepted", { provider: called })] : []),
      ...(verdict?.kind === "unknown" ? [say("login.unchecked", { provider: called, problem: verdict.problem })] : []),
      ...keptLines(kept),
    ]);
    return 0;
  },
});
