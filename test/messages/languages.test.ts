/** Every language says everything: the same keys, the same values in them, nothing empty, nothing left in English by accident. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { machineChecks } from "../../src/cli/doctor/machine.ts";
import { ownChecks } from "../../src/cli/doctor/own.ts";
import { settingsChecks } from "../../src/cli/doctor/settings.ts";
import { FAILURES, Failure, failureRecord } from "../../src/domain/failure.ts";
import { languageFor, languageSetting } from "../../src/domain/language.ts";
import { NOTIFICATION_WORDS, type NotificationWord } from "../../src/domain/notification-words.ts";
import { REPORT_WORDS, type ReportWord } from "../../src/domain/report-words.ts";
import { en, type MessageKey } from "../../src/messages/en.ts";
import { josa } from "../../src/messages/ko/josa.ts";
import { notification as notificationWords } from "../../src/messages/ko/notification.ts";
import { phrases } from "../../src/messages/ko/phrases.ts";
import { report as reportWords } from "../../src/messages/ko/report.ts";
import { ko } from "../../src/messages/ko.ts";
import { phrase, say, speak, told } from "../../src/messages/say.ts";

const SRC = join(import.meta.dirname, "../../src");
const KEYS = Object.keys(en) as MessageKey[];
const CODES = Object.keys(FAILURES) as (keyof typeof FAILURES)[];

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort();
/** Both kinds of text by one name: messages by their keys, failures by `code` and `code (hint)`. */
const pairs: readonly (readonly [name: string, en: string, ko: string | undefined])[] = [
  ...KEYS.map((key) => [key, en[key], ko.texts[key]] as const),
  ...(Object.keys(REPORT_WORDS) as ReportWord[]).map(
    (word) => [`report: ${word}`, REPORT_WORDS[word], reportWords[word]] as const,
  ),
  ...(Object.keys(NOTIFICATION_WORDS) as NotificationWord[]).map(
    (word) => [`notification: ${word}`, NOTIFICATION_WORDS[word], notificationWords[word]] as const,
  ),
  ...CODES.flatMap((code) => [
    [code, FAILURES[code].text, ko.failures[code]?.text] as const,
    [`${code} (hint)`, FAILURES[code].hint, ko.failures[code]?.hint] as const,
  ]),
];

/** Names, units and commands are the same in every language. */
const NAMES = /\{\w+\}|\bdevflowd? [a-z ]+|\b(?:git|tmux|node|docker|bubblewrap|pid|USD|MB|UTC)\b/gi;
const hasWords = (text: string): boolean => /[a-z]{2,}/i.test(text.replace(NAMES, ""));

afterEach(() => speak("en"));

test("no key stands in two files: one would hide the other", () => {
  const inFiles = readdirSync(join(SRC, "messages/en")).flatMap(
    (file) => readFileSync(join(SRC, "messages/en", file), "utf8").match(/^ {2}"[a-z0-9_.-]+":/gm) ?? [],
  );
  expect(inFiles.length).toBe(new Set(inFiles).size);
  expect(inFiles.length).toBe(KEYS.length);
});

describe("Korean", () => {
  test("has every text: what is missing goes into the file of ko/ that is named as its file of en/", () => {
    const missing = pairs
      .filter(([, , text]) => text === undefined)
      .map(([name, english]) => `"${name}": "${english}"`);
    expect(missing).toEqual([]);
  });

  test("takes the same values as English", () => {
    const different = pairs.filter(
      ([, english, korean = ""]) => placeholders(english).join() !== placeholders(korean).join(),
    );
    expect(different).toEqual([]);
  });

  test("is empty only where English is, and is Korean wherever English has words of its own", () => {
    expect(pairs.filter(([, english, korean = ""]) => (english === "") !== (korean === ""))).toEqual([]);
    const left = pairs.filter(([, english, korean = ""]) => hasWords(english) && !/[가-힣]/.test(korean));
    expect(left).toEqual([]);
  });

  test("ends sentences as sentences, and labels as labels", () => {
    // 합니다체 throughout: the plain style of 한다 and the familiar one of 해요 are for other texts.
    const style = pairs.filter(([, , korean = ""]) =>
      /(?:한다|된다|이다|없다|있다|해요|예요|어요|아요)(?:[.:,!?]|$)/.test(korean),
    );
    expect(style.map(([name, , korean]) => [name, korean])).toEqual([]);
  });

  test("every text comes out whole, with its values and without a particle to choose", async () => {
    await speak("ko");
    for (const key of KEYS) {
      const params = Object.fromEntries(placeholders(en[key]).map((name) => [name.slice(1, -1), "검토"]));
      const said = say(key, params);
      expect(said, key).not.toMatch(/\{\w+\}|undefined|을\(를\)|이\(가\)|은\(는\)|과\(와\)|\(으\)로/);
      if (Object.keys(params).length > 0) expect(said, key).toContain("검토");
    }
    for (const code of CODES) {
      const { text, hint } = FAILURES[code];
      const names = placeholders(text + hint).map((name) => name.slice(1, -1));
      const failure = new Failure(code, Object.fromEntries(names.map((name) => [name, "검토"])));
      const { message, hint: todo } = told(failureRecord(failure));
      expect(message + todo, code).not.toMatch(/\{\w+\}|undefined|을\(를\)|이\(가\)|은\(는\)|과\(와\)|\(으\)로/);
    }
  });

  test("the words that other words stand for are the same everywhere", () => {
    const banned: readonly [RegExp, string][] = [
      [/아티팩트|결과물/, "산출물"],
      [/퍼소나/, "페르소나"],
      [/탬플릿/, "템플릿"],
      [/페이즈/, "단계"],
      [/워크트리/, "작업 트리"],
      [/리포지토리|레포지토리/, "저장소"],
      [/리포트/, "보고서"],
      [/거부된 단계/, "반려"],
    ];
    const wrong = pairs.flatMap(([name, , korean = ""]) =>
      banned.filter(([word]) => word.test(korean)).map(([, right]) => `${name}: ${right}`),
    );
    expect(wrong).toEqual([]);
  });
});

test("in English one of a thing is not many of it", () => {
  expect(say("chat.undone", { turn: 2, files: 1 })).toBe("turn 2 is undone; as before it: 1 file");
  expect(say("chat.undone", { turn: 1, files: 11 })).toBe("turn 1 is undone; as before it: 11 files");
  expect(say("outcome.diff", { files: 1, insertions: 1, deletions: 0 })).toBe("1 file changed, +1 -0");
});

describe("phrases", () => {
  const source = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.startsWith("messages"))
    .map((file) => readFileSync(join(SRC, file), "utf8"))
    .join("\n");

  test("are all said somewhere in the programs", () => {
    const unsaid = Object.keys(phrases).filter((from) =>
      from
        .split(/\{\w+\}|; | control characters were /)
        .map((part) => part.replace(/^[": ;()?]+|[": ;()?]+$/g, ""))
        .some((part) => !source.includes(part)),
    );
    expect(unsaid).toEqual([]);
  });

  test("keep their values", () => {
    for (const [from, to] of Object.entries(phrases)) expect(placeholders(to), from).toEqual(placeholders(from));
  });

  test("are known inside of failures, and one inside of another; what people wrote is left alone", async () => {
    await speak("ko");
    const problem = "it is not JSON: line 3, column 7: a colon is missing";
    const failure = new Failure("artifact.invalid", { phase: "review", schema: "review@1", problem });
    expect(told(failureRecord(failure)).message).toBe(
      "review 단계: 산출물이 review@1을 만족하지 않습니다: JSON이 아닙니다: 3줄 7열: 콜론이 없습니다",
    );
    expect(phrase("it must be a string; it is 42")).toBe("문자열 값이어야 합니다(현재: 42)");
    expect(phrase("nothing that devflow says")).toBe("nothing that devflow says");
    const rejected = new Failure("phase.rejected", { phase: "review", comment: "permission denied" });
    expect(told(failureRecord(rejected)).message).toBe("review 단계가 반려되었습니다: permission denied");
  });
});

describe("a failure", () => {
  test("of another version of devflow keeps its own words", async () => {
    const record = { ...failureRecord(new Failure("run.not_found", { run: "x" })), code: "run.from_tomorrow" as never };
    await speak("ko");
    expect(told(record)).toEqual({ message: record.message, hint: record.hint });
  });

  test("names states and scopes as everything else does", async () => {
    await speak("ko");
    const ended = new Failure("run.ended", { run: "7K2MQX", state: "completed" });
    expect(told(failureRecord(ended)).message).toBe("실행 7K2MQX는 끝났습니다(완료)");
  });
});

describe("particles", () => {
  test.each([
    ["실행을(를)", "실행을"],
    ["페르소나을(를)", "페르소나를"],
    ["터미널(으)로", "터미널로"],
    ["대화 상자(으)로", "대화 상자로"],
    ["산출물(으)로", "산출물로"],
    ["저장됨(으)로", "저장됨으로"],
    ["spec@1을(를)", "spec@1을"],
    ["spec@2을(를)", "spec@2를"],
    ["7K2MQX이(가)", "7K2MQX가"],
    ["7K2MQN은(는)", "7K2MQN은"],
    ["7K2MQ7(으)로", "7K2MQ7로"],
    ["plan이(가)", "plan이"],
    ["review과(와)", "review와"],
    ["model(으)로", "model로"],
    ['"계획"을(를)', '"계획"을'],
    ["main.ts(2)을(를)", "main.ts(2)를"],
    // Nobody can tell from its letters whether a word that ends so is read with a consonant: git, file, phase.
    ["git을(를)", "git을(를)"],
  ])("%s is %s", (text, right) => {
    expect(josa(text)).toBe(right);
  });
});

describe("the language", () => {
  test.each([
    [{}, undefined, "en"],
    [{ LANG: "ko_KR.UTF-8" }, undefined, "ko"],
    [{ LANG: "ko" }, undefined, "ko"],
    [{ LANG: "ko_KR.utf8@x" }, undefined, "ko"],
    [{ LANG: "ko_KR.eucKR" }, undefined, "en"],
    [{ LANG: "en_US.UTF-8" }, undefined, "en"],
    [{ LANG: "kok_IN.UTF-8" }, undefined, "en"],
    [{ LANG: "C.UTF-8" }, undefined, "en"],
    [{ LC_MESSAGES: "ko_KR.UTF-8", LANG: "en_US.UTF-8" }, undefined, "ko"],
    [{ LC_ALL: "C", LC_MESSAGES: "ko_KR.UTF-8" }, undefined, "en"],
    [{ LC_ALL: "", LC_MESSAGES: "ko_KR.UTF-8" }, undefined, "ko"],
    [{ LANG: "ko_KR.UTF-8" }, "en", "en"],
    [{ LANG: "en_US.UTF-8" }, "ko", "ko"],
    [{ LANG: "ko_KR.UTF-8" }, "auto", "ko"],
    [{ DEVFLOW_LANG: "en", LANG: "ko_KR.UTF-8" }, "ko", "en"],
    [{ DEVFLOW_LANG: "KO" }, "en", "ko"],
    [{ DEVFLOW_LANG: "fr" }, "ko", "ko"],
    [{ DEVFLOW_LANG: "" }, undefined, "en"],
  ])("of %j with the setting %s is %s", (env, setting, language) => {
    expect(languageFor(env, () => setting)).toBe(language);
  });

  test.each([
    ["language: ko\n", "ko"],
    ["host: tmux\nlanguage:   'en'   # the terminal cannot do better\n", "en"],
    ['language: "ko"', "ko"],
    ["# language: ko\n", undefined],
    ["providers:\n  language: ko\n", undefined],
    ["languages: ko\n", undefined],
    ["", undefined],
  ])("in the settings %j is %s", (yaml, setting) => {
    expect(languageSetting(yaml)).toBe(setting);
  });
});

test("every check of devflow doctor has a name", () => {
  const checks = { ...machineChecks, ...settingsChecks, ...ownChecks };
  expect(Object.keys(checks).filter((check) => !KEYS.includes(`check.${check}` as MessageKey))).toEqual([]);
});
