/** What the daemon answers about talks: the engine's words turned into the protocol's, and secrets taken out of people's. */
import { Failure } from "../domain/failure.ts";
import { referenceOf } from "../domain/names.ts";
import type { Redact } from "../domain/redact.ts";
import { cleanText } from "../domain/text.ts";
import type { Engine } from "../engine/engine.ts";
import type { Ids } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { EngineApi } from "./engine-api.ts";
import { findRun } from "./run-answers.ts";

export interface TalkAnswersDeps {
  engine: Engine;
  log: EventLog;
  ids: Ids;
  redact: Redact;
}

type TalkAnswers = Pick<EngineApi, "talkSay" | "talkTurn" | "talkUndo" | "talkChoose" | "talkEnd">;

export function talkAnswers({ engine, log, ids, redact }: TalkAnswersDeps): TalkAnswers {
  return {
    talkSay: async ({ run, text, key, by }) => {
      const id = findRun(log, run);
      // What is kept holds no secret, and a turn that is told again after a crash is the one that was kept.
      const clean = redact(cleanText(text).text);
      if (clean.trim() === "") throw new Failure("goal.empty");
      return { run: id, turn: await engine.talks.say(id, clean, key ?? ids.next(), by) };
    },
    talkTurn: async ({ run, turn }) => ({ turn, ...(await engine.talks.words(findRun(log, run), turn)) }),
    talkUndo: async ({ run, by }) => engine.talks.undo(findRun(log, run), by),
    talkChoose: async ({ run, persona: wanted, model, by }) => {
      const choice = { ...(wanted !== undefined && { persona: wanted }), ...(model !== undefined && { model }) };
      const persona = await engine.talks.choose(findRun(log, run), choice, by);
      return { persona: referenceOf(persona), ...(persona.model !== undefined && { model: persona.model }) };
    },
    talkEnd: async ({ run, by }) => {
      const id = findRun(log, run);
      await engine.talks.end(id, by);
      return { run: id };
    },
  };
}
