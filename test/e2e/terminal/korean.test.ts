/** devflow in Korean, at a real terminal: what is shown under each other stands under each other, on narrow and wide screens. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { en } from "../../../src/messages/en.ts";
import { ko } from "../../../src/messages/ko.ts";
import { hasTmux } from "../../support/has-tmux.ts";
import { type Person, person, sessionOf } from "../../support/person.ts";
import { type World, world } from "../../support/world.ts";

/** As terminals count: independent of how devflow does it. */
const width = (text: string): number =>
  [...text].reduce(
    (sum, character) => sum + (/[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uff01-\uff60]/.test(character) ? 2 : 1),
    0,
  );

/** Where each part of a row begins that has at least two spaces before it. */
const starts = (row: string): number[] =>
  [...row.matchAll(/(?<=^| {2})\S/g)].map(({ index }) => width(row.slice(0, index)));

/** The rows from the one with these titles up to the next empty one, with the places where the titles begin. */
function tableIn(rows: readonly string[], titles: readonly string[]): { body: string[]; at: number[] } {
  const head = rows.findIndex((row) => titles.every((title) => row.includes(title)));
  expect(head, rows.join("\n")).toBeGreaterThanOrEqual(0);
  const title = rows[head] ?? "";
  const end = rows.findIndex((row, at) => at > head && row.trim() === "");
  return {
    body: rows.slice(head + 1, end === -1 ? undefined : end),
    at: titles.map((one) => width(title.slice(0, title.indexOf(one)))),
  };
}

/** What begins at a column of the screen, and whether there is a gap before it. */
function cellAt(row: string, column: number): { gap: boolean; text: string } {
  let [at, before] = [0, ""];
  for (const [index, character] of [...row].entries()) {
    if (at >= column)
      return { gap: at === column && (column === 0 || before.endsWith("  ")), text: [...row].slice(index).join("") };
    at += width(character);
    before += character;
  }
  return { gap: true, text: "" };
}

describe.runIf(hasTmux)("in Korean", () => {
  let w: World;
  let one: Person | undefined;

  beforeAll(async () => {
    w = world({ config: "language: ko\n", scenario: { phases: { specify: [{ wait: 3_600_000 }] } } });
    await w.devflow("run", "spec-and-review", "--goal", "인사말을 한국어로 답하게 해 주세요", "--yes", "--detach");
    await sessionOf(w, "author", "working");
  }, 120_000);
  afterEach(async () => {
    await one?.close();
    one = undefined;
  });
  afterAll(() => w.close(), 120_000);

  const rowsOf = async (cols: number, args: string[], sees: string | RegExp, rows = 70): Promise<string[]> => {
    one = await person(w, args, { cols, rows });
    await one.sees(sees);
    if (args[0] !== "watch") await one.ended();
    const shown = await one.rows();
    for (const row of shown) expect(width(row), row).toBeLessThanOrEqual(cols);
    if (process.env.SHOW_SCREENS)
      process.stderr.write(`\n──── ${args.join(" ")} (${cols})\n${shown.join("\n").trimEnd()}\n`);
    return shown;
  };

  describe.each([80, 200])("on %i columns", (cols) => {
    test("help has its texts under each other", async () => {
      const rows = await rowsOf(cols, ["--help"], "명령마다 자세한 설명");
      for (const title of ["사용법", "작업", "비용", "이 컴퓨터", "정의", "데몬", "옵션"])
        expect(rows).toContain(title);
      const terms = rows.filter((row) => /^ {2}(?:run|watch|escalations|doctor|ctl|completion) {2,}/.test(row));
      expect(terms).toHaveLength(6);
      expect(new Set(terms.map((row) => starts(row)[1])).size).toBe(1);
      for (const row of terms) expect(row).toMatch(/[가-힣]/);
    });

    test("the preview of a run has its columns under their titles", async () => {
      const args = ["run", "spec-and-review", "--goal", "다음 일", "--preview", "--base", "main"];
      const rows = await rowsOf(cols, args, "단계");
      const { body, at } = tableIn(rows, ["단계", "담당", "선행"]);
      expect(body.map((row) => row.split(/\s+/)[0])).toEqual(["specify", "review", "verify"]);
      for (const row of body) for (const column of at) expect(cellAt(row, column).gap, row).toBe(true);
      expect(cellAt(body[1] ?? "", at[1] ?? 0).text).toMatch(/^paper-reviewer@1/);
      expect(cellAt(body[1] ?? "", at[2] ?? 0).text).toMatch(/^specify/);
    });

    test("sessions have their columns under their titles", async () => {
      const rows = await rowsOf(cols, ["sessions", "list"], "세션");
      const { body, at } = tableIn(rows, ["세션", "상태", "역할", "페르소나"]);
      for (const one of body) for (const column of at) expect(cellAt(one, column).gap, one).toBe(true);
      const row = body.find((one) => one.includes("author@1")) ?? "";
      expect(cellAt(row, at[1] ?? 0).text).toMatch(/^작업 중/);
      expect(cellAt(row, at[2] ?? 0).text).toMatch(/^author/);
    });

    test("doctor has what it found under each other, and what to do under that", async () => {
      const rows = await rowsOf(cols, ["doctor"], /정상 \d+, 확인 필요 \d+, 문제 \d+/, 120);
      const found = rows.filter((row) => /^[✓!✗] \S/.test(row));
      expect(found.length).toBeGreaterThan(16);
      const [begin] = new Set(found.map((row) => starts(row).at(1)));
      for (const row of found) expect(cellAt(row, begin ?? 0).gap, row).toBe(true);
      for (const row of rows.filter((row) => /^ +→/.test(row))) expect(starts(row)[0]).toBe(begin);
      expect(found.map((row) => row.slice(2).split("  ")[0])).toEqual(
        expect.arrayContaining(["디스크", "데이터베이스", "키 파일"]),
      );
    });

    test("watch shows the run, its agent and its keys", async () => {
      const rows = await rowsOf(cols, ["watch"], /specify +paper-author@1 +작업 중/, 30);
      const text = rows.join("\n");
      expect(text).toMatch(/author +작업 중 +\d+s +devflow attach/);
      expect(text).toMatch(/review +\S+ +specify 다음/);
      expect(text).toContain("선택");
      const phases = rows.filter((row) => /paper-(?:author|reviewer|verifier)@1/.test(row));
      expect(phases).toHaveLength(3);
      const states = phases.map((row) => width(/^.*paper-\w+@1 +/.exec(row)?.[0] ?? ""));
      expect(new Set(states).size).toBe(1);
      const hows = rows.filter((row) => row.includes("devflow attach"));
      expect(hows).toHaveLength(2);
      expect(new Set(hows.map((row) => width(row.slice(0, row.indexOf("devflow attach"))))).size).toBe(1);
      await one?.keys("q");
      expect(await one?.ended()).toBe(0);
    });

    test("what is wrong is said in Korean, and what was meant", async () => {
      const rows = await rowsOf(cols, ["runs", "lst"], "usage.unknown_command");
      expect(rows.join(" ")).toContain("runs lst 명령은 없습니다");
      expect(rows.join(" ")).toContain("devflow runs list");
      expect(await one?.ended()).toBe(2);
    });
  });

  test("the thin client carries no language along: who speaks one loads it", () => {
    const built = (file: string) => readFileSync(join(import.meta.dirname, "../../../dist", file), "utf8");
    expect(built("messages/ko.mjs")).toContain(ko.texts["help.tagline"]);
    for (const program of ["devflow.cjs", "cli/main.mjs", "devflowd.mjs"])
      expect(built(program)).not.toContain(ko.texts["help.tagline"]);
    expect(built("thin/en.cjs")).toContain(en["help.tagline"]);
    expect(built("devflow.cjs")).not.toContain(en["help.tagline"]);
  });

  test("programs are answered in English, and DEVFLOW_LANG goes before the settings", async () => {
    const { code, err } = await w.devflow("runs", "show", "ZZZZZZ", "--json");
    expect(code).toBe(4);
    expect(JSON.parse(err)).toMatchObject({ error: { message: "there is no run ZZZZZZ" } });
    expect((await w.devflow("runs", "show", "ZZZZZZ")).err).toContain("실행 ZZZZZZ가 없습니다");
    w.env.DEVFLOW_LANG = "en";
    expect((await w.devflow("runs", "show", "ZZZZZZ")).err).toContain("there is no run ZZZZZZ");
    expect((await w.devflowd("status")).out).toMatch(/^socket {4}/m);
    delete w.env.DEVFLOW_LANG;
    expect((await w.devflowd("status")).out).toMatch(/^소켓 {6}\//m);
  });
});

describe.runIf(hasTmux)("a newcomer whose locale is Korean", () => {
  let w: World;
  let one: Person | undefined;
  afterEach(async () => {
    await one?.close();
    await w.close();
  }, 60_000);

  test.each([80, 200])("is asked before anything else, and may answer in Korean, on %i columns", async (cols) => {
    w = world({ env: { LANG: "ko_KR.UTF-8" } });
    rmSync(join(w.home, "state", "consent.json"));
    rmSync(join(w.home, "config", "devflow.yaml"));
    one = await person(w, ["init"], { cols, rows: 60 });
    await one.sees("동의하시나요? [y/N]");
    const rows = await one.rows();
    for (const title of ["에이전트가 할 수 있는 일", "데이터가 가는 곳", "이 컴퓨터에만 기록되는 것"])
      expect(rows).toContain(title);
    for (const row of rows) expect(width(row), row).toBeLessThanOrEqual(cols);
    if (process.env.SHOW_SCREENS) process.stderr.write(`${rows.join("\n").trimEnd()}\n`);
    await one.keys("네", "Enter");
    await one.sees(/devflow\.yaml(?:을|를) 쓸까요\? \[Y\/n\]/);
    const found = (await one.rows()).filter((row) => /^ {2}(?:git|tmux|에이전트|키) {2,}/.test(row));
    expect(found).toHaveLength(4);
    expect(new Set(found.map((row) => starts(row)[1])).size).toBe(1);
    await one.keys("Enter");
    await one.sees("다음: devflow doctor로 모두 점검하고");
    expect(await one.ended()).toBe(0);
    expect(readFileSync(join(w.home, "config", "devflow.yaml"), "utf8")).toContain("language");
  });
});
