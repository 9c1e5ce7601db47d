/** The report of a run, in each language: the same facts in the same places. */
import { afterEach, describe, expect, test } from "vitest";
import { Failure, failureRecord } from "../../src/domain/failure.ts";
import type { Language } from "../../src/domain/language.ts";
import { type Report, reportMarkdown } from "../../src/domain/report.ts";
import { viewOf } from "../../src/domain/run-view.ts";
import { reportLanguage, say, speak } from "../../src/messages/say.ts";
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
