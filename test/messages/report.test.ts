/** What the daemon writes to people, in each language: the report of a run, and notifications. */
import { afterEach, describe, expect, test } from "vitest";
import { Failure, failureRecord } from "../../src/domain/failure.ts";
import type { Language } from "../../src/domain/language.ts";
import { notificationOf, testNotification } from "../../src/domain/notification.ts";
import { type Report, reportMarkdown } from "../../src/domain/report.ts";
import { viewOf } from "../../src/domain/run-view.ts";
import { notificationLanguage, reportLanguage, say, speak } from "../../src/messages/say.ts";
import { failed, runId, started } from "../support/run-events.ts";
import { secondsIn, story } from "../support/story.ts";

afterEach(() => speak("en"));

function report(): Report {
  const run = viewOf(story());
  if (!run) throw new Error("the story has not begun");
  return {
    report: "devflow-run",
    version: 1,
    run: {
      ...run,
      status: "failed",
      failure: failureRecord(new Failure("phase.timeout", { phase: "verify", timeout: "30m" })),
      warnings: [
        "reviewer shares the model family openai with implementer: no other choice of installed personas keeps them apart",
      ],
      crossings: [
        {
          at: secondsIn(200),
          scope: "run",
          name: run.id,
          limitUsd: "2",
          wouldUsd: "2.31",
          policy: "warn_continue",
          phase: "review",
        } as (typeof run.crossings)[number],
      ],
    },
    changes: { files: 3, insertions: 41, deletions: 7, commits: 2, uncommitted: ["메모.md"] },
  };
}

describe("The report", () => {
  test.each<Language>(["en", "ko"])("in %s", async (language) => {
    const text = reportMarkdown(report(), await reportLanguage(language));
    await expect(text).toMatchFileSnapshot(`golden/report-${language}.md`);
  });

  test("is English where nothing else is said", async () => {
    expect(reportMarkdown(report())).toBe(reportMarkdown(report(), await reportLanguage("en")));
  });

  test("has the language of the settings, whatever the process speaks", async () => {
    await speak("ko");
    expect(reportMarkdown(report(), await reportLanguage("en"))).toContain("## Phases");
    await speak("en");
    expect(reportMarkdown(report(), await reportLanguage("ko"))).toContain("## 단계");
    expect(say("status.completed")).toBe("completed");
  });
});

describe("A notification", () => {
  test("is in the language of the settings; what programs read of it is not", async () => {
    const event = failed;
    const at = { run: runId(1), position: 7, cursor: 9, at: secondsIn(0), event };
    const [english, korean] = await Promise.all(
      (["en", "ko"] as const).map(async (language) =>
        notificationOf(at, started(), await notificationLanguage(language)),
      ),
    );
    expect(korean?.text).toMatch(/^spec-and-review@1 \S{6} 실패: \S/);
    expect({ ...korean, text: "" }).toEqual({ ...english, text: "" });
    expect(testNotification("x", 0, await notificationLanguage("ko")).text).toMatch(/[가-힣]/);
  });
});
