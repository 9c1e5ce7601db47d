/** An answer at a real terminal while the model is still giving it: block by block, as Markdown, without secrets. */
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { hasTmux } from "../../support/has-tmux.ts";
import { KEY, type ModelWorld, modelWorld } from "../../support/model-world.ts";
import { type Person, person } from "../../support/person.ts";

let w: ModelWorld | undefined;
let one: Person | undefined;
afterEach(async () => {
  await one?.close();
  await w?.close();
}, 60_000);

const send = (response: ServerResponse, delta: object, more: object = {}): boolean =>
  response.write(`data: ${JSON.stringify({ id: "gen-1", choices: [{ index: 0, delta }], ...more })}\n\n`);

describe.runIf(hasTmux)("a talk with a model", () => {
  test("shows each block of an answer when it is whole, before the answer is, and no secret that is cut in two", async () => {
    let answer: ServerResponse | undefined;
    w = await modelWorld({
      moves: () => ({ say: "never asked" }),
      fault: (_, response) => {
        answer = response;
        response.writeHead(200, { "content-type": "text/event-stream" });
        send(response, { content: "A **first** block with " });
        for (const part of [KEY.slice(0, 20), KEY.slice(20), " in it.\n\n", "- two\n- "])
          send(response, { content: part });
        return "done";
      },
    });
    one = await person(w, ["chat", "--agent", "openrouter-claude-implementer"], { cols: 80, rows: 40 });
    await one.sees("devflow $0 ▸");
    await one.keys(..."tell", "Enter");
    await one.sees(/A first block with .+ in it\./);
    await one.sees("devflow $? ⋯"); // what the answer costs is told at its end
    const halfway = await one.text();
    expect(halfway).not.toContain("two");
    expect(halfway).not.toContain("**first");

    const response = answer as unknown as ServerResponse;
    send(response, { content: "three" });
    send(response, {}, { usage: { prompt_tokens: 10, completion_tokens: 5, cost: 0.002 } });
    response.end("data: [DONE]\n\n");
    await one.sees("• three");
    await one.sees("devflow $0.0020 ▸");
    const end = await one.text();
    expect(end.replace(/\s/g, "")).not.toContain(KEY.slice(10, 30));
    expect(end.match(/A first block/g)).toHaveLength(1);
    expect(end.match(/• two/g)).toHaveLength(1);
    await one.keys(..."/quit", "Enter");
    expect(await one.ended()).toBe(0);
  }, 120_000);
});
