/** devflow ctl call: any method of the socket, by hand. Its answer is JSON, with and without --json. */
import { Failure } from "../../../domain/failure.ts";
import { readJson } from "../../../domain/json-text.ts";
import { nearest } from "../../../domain/nearest.ts";
import { say } from "../../../messages/say.ts";
import { METHODS, type MethodName, type ParamsIn } from "../../../protocol/methods.ts";
import { defineCommand } from "../../command.ts";
import { readText } from "../../goal.ts";

export default defineCommand<{ method: string; params?: string }>({
  name: "call",
  summary: "ctl.call.summary",
  arguments: { "<method>": "argument.method", "[params]": "argument.params" },
  examples: ["devflow ctl call daemon.status", `devflow ctl call run.list '{"limit": 3}'`],
  async run({ method, params = "{}" }, { client, out, terminal, cwd }) {
    if (!isMethod(method)) {
      const meant = nearest(method, Object.keys(METHODS));
      const hint = meant ? say("usage.did_you_mean", { meant }) : say("ctl.methods.hint");
      throw new Failure("usage.arguments", { problem: say("typed.no_method", { method }), hint });
    }
    const given = parsed(params === "-" || params.startsWith("@") ? await readText(params, cwd, terminal) : params);
    // The daemon checks the parameters against the method's schema: that is what this command is for.
    const answer: unknown = await client.call(method, given as ParamsIn<typeof method>);
    out.show(answer, (value) => JSON.stringify(value, undefined, 2).split("\n"));
    return 0;
  },
});

const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name);

function parsed(text: string): object {
  const json = readJson(text);
  if (!json.ok) {
    const { line, column, problem: why } = json;
    const problem = say("typed.params_not_json", { line, column, problem: why });
    throw new Failure("usage.arguments", { problem, hint: say("usage.see_help", { command: "ctl call" }) });
  }
  if (typeof json.value === "object" && json.value !== null) return json.value;
  const problem = say("typed.params_no_object");
  throw new Failure("usage.arguments", { problem, hint: say("usage.see_help", { command: "ctl call" }) });
}
