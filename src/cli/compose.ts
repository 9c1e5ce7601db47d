/** The one place of the client that knows adapters: for the commands that read definitions without a daemon. */
import { schemaCheck } from "../adapters/artifacts/schema-check.ts";
import { agentProfiles } from "../adapters/definitions/agent-profiles.ts";
import { definitions } from "../adapters/definitions/definitions.ts";
import type { Definitions } from "../ports/definitions.ts";
import { placesHere } from "../protocol/here.ts";
import { installedAt } from "../protocol/installation.ts";

export type { Broken, Definition, Definitions, JsonSchema, Shelf } from "../ports/definitions.ts";

export function composeDefinitions(env: NodeJS.ProcessEnv): Definitions {
  const shipped = installedAt();
  const user = placesHere(env).config;
  const profiles = agentProfiles({ shipped, user });
  return definitions({
    shipped,
    user,
    lint: schemaCheck().lint,
    agents: async () => (await profiles()).map(({ value }) => value.name),
  });
}
