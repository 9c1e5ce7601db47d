/** The made blocks of the pages, by their names: each is a table or a list out of what the programs themselves use. */
import { join } from "node:path";
import { schemaCheck } from "../../src/adapters/artifacts/schema-check.ts";
import { everyProfile } from "../../src/adapters/definitions/agent-profiles.ts";
import { definitions } from "../../src/adapters/definitions/definitions.ts";
import { Config } from "../../src/domain/config.ts";
import { mustBeDurable, RunEvent } from "../../src/domain/event.ts";
import { EXITS, FAILURES } from "../../src/domain/failure.ts";
import { referenceOf } from "../../src/domain/names.ts";
import { Notification } from "../../src/domain/notification.ts";
import { Persona } from "../../src/domain/persona.ts";
import { type Places, placesFor } from "../../src/domain/places.ts";
import { RECOVERY } from "../../src/domain/recovery.ts";
import { Phase, Repeat, Role, Template } from "../../src/domain/template.ts";
import { METHODS, type MethodName } from "../../src/protocol/methods.ts";
import { conformance } from "./conformance.ts";
import { fields, jsonSchema, namedShape, settings, table } from "./shapes.ts";

const code = (text: string): string => `\`${text}\``;

/** Everything that a page may ask for. `root` holds what devflow ships. */
export async function blocks(root: string): Promise<Record<string, string>> {
  return {
    exits: exits(),
    failures: failures(),
    config: settings(jsonSchema(Config, "input")),
    places: places(),
    "template-fields": settings(jsonSchema(Template, "input")),
    "role-fields": settings(jsonSchema(Role, "input")),
    "phase-fields": settings(jsonSchema(Phase, "input")),
    "repeat-fields": settings(jsonSchema(Repeat, "input")),
    "persona-fields": settings(jsonSchema(Persona, "input")),
    notification: settings(jsonSchema(Notification, "output")),
    methods: methods(),
    shapes: shapes(),
    events: events(),
    recovery: recovery(),
    conformance: conformance(root),
    ...(await shipped(root)),
  };
}

const exits = (): string => table(["code", "meaning"], Object.entries(EXITS));

/** One table a family: the part of the code before the dot. */
function failures(): string {
  const all = Object.entries(FAILURES);
  const families = [...new Set(all.map(([name]) => name.split(".")[0] ?? ""))];
  const sections = families.map((family) => {
    const rows = all.filter(([name]) => name.split(".")[0] === family);
    const told = rows.map(([name, { exit, text, hint }]) => [code(name), String(exit), text, hint]);
    return `## ${family}\n\n${table(["code", "exit", "what it says", "what to do"], told)}`;
  });
  return sections.join("\n\n");
}

/** Shown for a user whose home is `~`, with XDG's variables unset. */
function places(): string {
  const on = (platform: string, env: Record<string, string> = {}): Places =>
    placesFor({ env, platform, uid: 1000, home: "~", tmp: "$TMPDIR", absolute: (path) => path });
  const linux = on("linux", { XDG_RUNTIME_DIR: "/run/user/1000" });
  const [mac, home] = [on("darwin"), on("linux", { DEVFLOW_HOME: "$DEVFLOW_HOME" })];
  const held = {
    config: "`devflow.yaml`, and your own `personas/`, `templates/`, `schemas/`, `agents/`",
    data: "the database, worktrees, accepted artifacts, reports, recordings",
    state: "the daemon's log and its lock, what terminals need to be found again",
    cache: "nothing yet",
    socket: "the daemon's socket",
  } as const;
  const rows = Object.entries(held).map(([place, what]) => {
    const key = place as keyof typeof held;
    return [place, code(linux[key]), code(mac[key]), code(home[key]), what];
  });
  return table(["", "Linux", "macOS", "with `DEVFLOW_HOME`", "holds"], rows);
}

function methods(): string {
  const sections = (Object.keys(METHODS) as MethodName[]).map((name) => {
    const { summary, params, result } = METHODS[name];
    const [given, got] = [jsonSchema(params, "input"), jsonSchema(result, "output")];
    const asked = Object.keys(given.properties ?? {}).length === 0 ? "It takes no parameters." : fields(given);
    const named = got.title === undefined ? fields(got) : `A [${got.title}](#${got.title.toLowerCase()}).`;
    const listed = got.items ? `A list, each entry:\n\n${fields(got.items)}` : named;
    return `### ${name}\n\n${summary}.\n\n**Parameters**\n\n${asked}\n\n**Result**\n\n${listed}`;
  });
  return sections.join("\n\n");
}

/** Those that a result is made of; the others have a page of their own. */
const SHAPES = [
  ...["RunView", "PhaseView", "AttemptView", "SessionView", "SessionNow", "EscalationView", "UsageView", "RunSummary"],
  ...["CostEstimate", "CatalogueState", "Price", "SpecialPrice", "SpentStats", "RunCosts", "UsageWindow", "SpentLine"],
  ...["Preview", "Evidence", "FailureFact", "Accepted", "Violation", "Bound", "KeptSchema"],
];

const shapes = (): string => SHAPES.map((name) => `### ${name}\n\n${fields(namedShape(name))}`).join("\n\n");

function events(): string {
  const sections = RunEvent.options.map((option) => {
    const type = option.shape.type.value;
    const schema = jsonSchema(option, "output");
    const { type: _, ...properties } = schema.properties ?? {};
    const told = Object.keys(properties).length === 0 ? "" : `\n\n${fields({ ...schema, properties })}`;
    // Only the type decides that.
    const durable = mustBeDurable([{ type } as RunEvent]) ? " On disk before anything follows from it." : "";
    return `## ${type}\n\n${schema.description}.${durable}${told}`;
  });
  return sections.join("\n\n");
}

const seconds = (ms: number): string => (ms === 0 ? "" : ms < 60_000 ? `${ms / 1_000} s` : `${ms / 60_000} min`);

const recovery = (): string =>
  table(
    ["counter", "tried at most", "first wait", "longest wait"],
    Object.entries(RECOVERY).map(([counter, { limit, delayMs, maxDelayMs }]) => [
      code(counter),
      String(limit),
      seconds(delayMs),
      seconds(maxDelayMs),
    ]),
  );

async function shipped(root: string): Promise<Record<string, string>> {
  const profiles = (await everyProfile({ shipped: root, user: join(root, "no-user") })()).good.map(
    ({ value }) => value,
  );
  const { personas, templates, schemas } = definitions({
    shipped: root,
    user: undefined,
    lint: schemaCheck().lint,
    agents: () => profiles.map(({ name }) => name),
  });
  const [people, flows, contracts] = await Promise.all([personas.list(), templates.list(), schemas.list()]);
  const agents = profiles
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, title, install, checked }) => [`${code(name)}: ${title}`, install, checked.join(", ")]);
  return {
    personas: table(
      ["persona", "can", "runs on", "family"],
      people.good.map(({ value }) => [
        code(referenceOf(value)),
        value.capabilities.join(", "),
        `${value.agent ?? value.model ?? "itself"}, ${value.adapter}`,
        value.family,
      ]),
    ),
    templates: table(
      ["template", "phases", "what it is for"],
      flows.good.map(({ value }) => [
        code(referenceOf(value)),
        value.phases.map(({ id }) => id).join(" → "),
        value.description,
      ]),
    ),
    schemas: table(
      ["schema", "what it is"],
      contracts.good.map(({ value }) => [
        `[${code(referenceOf(value))}](../schemas/artifacts/${referenceOf(value)}.json)`,
        value.description,
      ]),
    ),
    agents: table(["agent", "install", "checked with"], agents),
    "agents-ko": table(["에이전트", "설치", "확인한 버전"], agents),
  };
}
