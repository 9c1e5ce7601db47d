/** devflow logout: deletes the key of a provider. */
import { defineCommand } from "../command.ts";
import { dropped, providerCalled } from "../kept-key.ts";

export default defineCommand<{ provider: string }>({
  name: "logout",
  summary: "logout.summary",
  about: "logout.about",
  arguments: { "<provider>": "argument.provider" },
  examples: ["devflow logout openrouter"],
  async run({ provider }, context) {
    const chest = await context.keys({ patient: context.terminal.canAsk });
    return dropped(providerCalled(provider, chest).name, chest, context, provider);
  },
});
