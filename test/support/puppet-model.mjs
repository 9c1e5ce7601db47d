/**
 * Stands in for a model agent's process: it speaks the protocol of `session-protocol.ts`, and does what its prompts say,
 * a word a line: `ask`, `fail`, `crash`, `crash-once`, `work`. What it has taken stands in its folder.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const tell = (message) => process.send?.(message);
let file;
let state = { taken: [], did: [], over: undefined, open: undefined, crashed: 0, paused: 0 };
let start;
let opener = "";
const grants = new Map();

/** Whole at every moment: tests read it, and the process may end in the middle. */
const write = (path, value) => {
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
};
const save = () => write(file, state);
const did = (event) => {
  state.did.push(event);
  save();
  tell({ t: "did", nth: state.did.length, did: event });
};
const failure = (code) => ({ code, message: `it is over: ${code}`, hint: "", details: {} });

async function turn(key, text) {
  tell({ t: "state", state: "working", said: "it works" });
  for (const word of text.split("\n")) {
    if (word === "crash") process.exit(3);
    if (word === "crash-once" && state.crashed === 0) {
      state.crashed = 1;
      save();
      process.exit(3);
    }
    if (word === "ask") {
      const call = `${start.session}/${state.did.length + 1}`;
      tell({ t: "ask", call, model: start.model, phase: "spec", inputTokens: 100, maxOutputTokens: 50 });
      const grant = await new Promise((resolve) => grants.set(call, resolve));
      if (grant.kind === "refused") return over(key, "failed", grant.failure);
      const usage = { inputTokens: 10, outputTokens: 5 };
      tell({ t: "settle", call, end: { kind: "used", usage } });
      const sha = "a".repeat(64);
      const about = { model: start.model, usage, finish: "stop", durationMs: 1, requestBytes: 1, requestSha256: sha };
      did({ type: "model.called", call, ...about });
    }
    if (word === "fail") return over(key, "failed", failure("phase.timeout"));
    if (word === "work") return;
    if (word === "environment") write(join(start.folder, "environment.json"), { key: opener, env: process.env });
  }
  over(key, "completed");
}

function over(key, kind, reason) {
  state.open = undefined;
  state.over = { key, kind, ...(reason && { failure: reason }) };
  save();
  tell({ t: "over", ...state.over });
  tell({ t: "state", state: "ready", said: `its turn is over: ${kind}` });
}

process.on("disconnect", () => process.exit(0));
process.on("message", (message) => {
  switch (message.t) {
    case "key":
      opener = message.key;
      break;
    case "start":
      start = message;
      file = join(message.folder, "puppet.json");
      if (existsSync(file)) state = JSON.parse(readFileSync(file, "utf8"));
      tell({ t: "ready", resumed: state.taken.length > 0 });
      for (const [at, one] of state.did.entries()) tell({ t: "did", nth: at + 1, did: one });
      if (state.over) tell({ t: "over", ...state.over });
      if (state.open) void turn(state.open.key, state.open.text);
      else tell({ t: "state", state: "ready", said: "it waits for a prompt" });
      break;
    case "prompt":
    case "say": {
      const { key, text } = message;
      const known = state.taken.some((one) => one.key === key);
      if (!known) {
        state.taken.push({ key, text, t: message.t, attempt: message.attempt });
        if (!state.open) state.open = { key, text };
        save();
      }
      tell({ t: "taken", key });
      if (!known && state.open.key === key) void turn(key, text);
      break;
    }
    case "pause":
      state.paused += 1;
      save();
      break;
    case "grant":
      grants.get(message.call)?.(message.grant);
      break;
    case "interrupt":
      if (state.open) over(state.open.key, "interrupted");
      break;
    case "end":
      process.exit(0);
  }
});
