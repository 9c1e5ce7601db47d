/** The escape corpus: what a model may try with its tools and never gets, and what must go on working next to it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { commandRefused } from "../../../src/adapters/models/tools/run-command.ts";
import { type Toolbox, toolbox } from "../../../src/adapters/models/tools/toolbox.ts";
import { worktreeAt } from "../../../src/adapters/models/tools/worktree.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import { type CommandList, ToolName } from "../../../src/domain/model-agent.ts";
import { REFUSALS, type Refusal } from "../../../src/domain/tool-refusal.ts";
import { type EscapeStage, escapeStage, SECRET } from "../../support/escape-stage.ts";

const corpus = <T>(name: string, schema: z.ZodType<T>): T =>
  schema.parse(JSON.parse(readFileSync(join(import.meta.dirname, `../../../fixtures/escapes/${name}.json`), "utf8")));

const FILE_TOOLS = ["read_file", "write_file", "list_dir"] as const;
const Code = z.custom<Refusal["code"]>((code) => typeof code === "string" && Object.hasOwn(REFUSALS, code));
const List = z.array(z.array(z.string())).optional();
const PATHS = corpus(
  "paths",
  z.object({
    about: z.string(),
    attacks: z.array(
      z.strictObject({ path: z.string(), code: Code, tools: z.array(z.enum(FILE_TOOLS)).default([...FILE_TOOLS]) }),
    ),
  }),
).attacks.flatMap(({ tools, ...attack }) => tools.map((tool) => ({ tool, ...attack })));
const ARGVS = corpus(
  "argv",
  z.object({
    about: z.string(),
    attacks: z.array(z.strictObject({ argv: z.array(z.string()), code: Code, list: List })),
  }),
).attacks;
const LEGITIMATE = corpus(
  "legitimate-argv",
  z.object({ about: z.string(), uses: z.array(z.strictObject({ argv: z.array(z.string()), list: List })) }),
).uses;

/** A sentence that says what to do begins with one of these. */
const ADVICE =
  /\. (?:Use|Give|Write|Put|Look|See|Leave|Push|Undo|Remove|Choose|Each|Send|Run|It would have to stand in the list of allowed commands word for word; (?:run|use|put)|No command is: do)\b/;

const SESSION = SessionId.parse("01J00000000000000000000000");
const NEVER = new AbortController().signal;

const boxOn = ({ root, state }: EscapeStage): Toolbox =>
  toolbox({
    root,
    state,
    tools: ToolName.options,
    commands: { persona: [] },
    env: {},
    session: SESSION,
    artifact: ".devflow/artifacts/spec-1/spec.json",
  });

/** Only judged, never run: a hole in the rule must not cost the machine that finds it. */
function judged({ root, fill }: EscapeStage, argv: readonly string[], list: CommandList): Refusal | undefined {
  const args = { argv: argv.map(fill), cwd: ".", timeoutSeconds: 1 };
  const worktree = worktreeAt(root, root);
  return commandRefused({
    worktree,
    args,
    commands: { persona: list },
    env: {},
    session: SESSION,
    graceMs: 0,
    key: "",
  });
}

describe("the escape corpus", () => {
  it("is as large as it has to be", () => {
    expect(PATHS.length).toBeGreaterThanOrEqual(200);
    expect(ARGVS.length).toBeGreaterThanOrEqual(200);
    expect(LEGITIMATE.length).toBeGreaterThanOrEqual(40);
    const all = [...PATHS, ...ARGVS].map((attack) => JSON.stringify(attack));
    expect(all.filter((attack, at) => all.indexOf(attack) !== at)).toEqual([]);
  });

  it("gets nothing by any path, and is told what to do instead", async () => {
    const stage = await escapeStage();
    const box = boxOn(stage);
    const before = stage.fingerprint();
    const wrong: unknown[] = [];
    for (const [at, { tool, path, code }] of PATHS.entries()) {
      const args = { path: stage.fill(path), ...(tool === "write_file" ? { content: "overwritten" } : {}) };
      const answer = await box.use(tool, args, { call: `call-${at}`, signal: NEVER });
      const seen = answer.ok ? answer.text : answer.code;
      if (seen !== code || answer.ok || !ADVICE.test(answer.reason)) wrong.push({ tool, path, code, answer });
      if (JSON.stringify(answer).includes(SECRET)) wrong.push({ tool, path, leaked: answer });
    }
    expect(wrong).toEqual([]);
    expect(stage.fingerprint()).toBe(before);
  });

  it("runs nothing by any argv that its list seems to allow, and is told what to do instead", async () => {
    const stage = await escapeStage();
    const wrong = ARGVS.flatMap(({ argv, code, list }) => {
      const refused = judged(stage, argv, list ?? [[stage.fill(argv[0] ?? "")]]);
      return refused?.code === code && ADVICE.test(refused.reason) ? [] : [{ argv, code, refused }];
    });
    expect(wrong).toEqual([]);
  });

  it("does not get what is forbidden even where the list names it word for word, or inside another program", async () => {
    const stage = await escapeStage();
    const forbidden = ARGVS.filter(
      ({ code, argv }) => code === "command.forbidden" && /^(?:git|rm)$/.test(argv[0] ?? ""),
    );
    expect(forbidden.length).toBeGreaterThan(60);
    const wrong = forbidden.flatMap(({ argv }) => {
      const disguises = [argv, ["timeout", "5", ...argv], ["sh", "-c", `cd src && ${argv.join(" ")}`]];
      return disguises
        .map((words) => ({ words, refused: judged(stage, words, [words.map(stage.fill)]) }))
        .filter(({ refused }) => refused?.code !== "command.forbidden");
    });
    expect(wrong).toEqual([]);
  });

  it("leaves legitimate commands alone", async () => {
    const stage = await escapeStage();
    const wrong = LEGITIMATE.flatMap(({ argv, list }) => {
      const refused = judged(stage, argv, list ?? [[argv[0] ?? ""]]);
      return refused === undefined ? [] : [{ argv, refused }];
    });
    expect(wrong).toEqual([]);
  });

  it("leaves legitimate paths alone", async () => {
    const stage = await escapeStage();
    const box = boxOn(stage);
    const { root } = stage;
    const wrong: unknown[] = [];
    const use = async (tool: string, args: Record<string, unknown>, text: string) => {
      const answer = await box.use(tool, args, { call: JSON.stringify(args), signal: NEVER });
      if (!answer.ok || !answer.text.includes(text)) wrong.push({ tool, args, answer });
    };
    const nfd = "새 폴더/파일.txt".normalize("NFD");
    for (const path of ["README.md", "./README.md", `${root}/README.md`, `${root}//./README.md`, "src/../README.md"])
      await use("read_file", { path }, "# Hello");
    for (const path of [
      "src/a.txt",
      "lib/a.txt",
      "lib-abs/a.txt",
      "a-link.txt",
      "empty/../lib/a.txt",
      `${root}/lib/a.txt`,
    ])
      await use("read_file", { path }, "one");
    for (const path of ["새 폴더/파일.txt", nfd, "src/up/파일.txt", `${root.normalize("NFD")}/${nfd}`])
      await use("read_file", { path }, "안녕");
    for (const path of [".devflow/goal.md", `${root}/.devflow/goal.md`, "link-devflow/goal.md"])
      await use("read_file", { path }, "The goal");
    for (const path of [".", "./", root, `${root}/`, "src/.."]) await use("list_dir", { path }, "README.md (8 bytes)");
    await use("list_dir", {}, "link-dir -> ../밖");
    await use("list_dir", { path: ".devflow/inputs" }, "plan-000000000000.json (2 bytes)");
    for (const path of [
      ".devflow/artifacts/spec-1/spec.json",
      "v1..v2.txt",
      "a/b/c/새.txt",
      ".gitignore",
      ".github/workflows/ci.yml",
      "git/x",
      "src/100%.md",
      "a%20b.txt",
      "./~backup",
      "lib/new.txt",
      "lib-abs/new2.txt",
      "src/up/새로.txt",
      `${root}/absolute.txt`,
      "hard.txt",
      "이름 with space (1).md",
      "👩‍👩‍👧.md",
    ])
      await use("write_file", { path, content: `written to ${path}` }, " bytes).");
    await use("read_file", { path: "src/new.txt" }, "written to lib/new.txt");
    await use("read_file", { path: "hard.txt" }, "written to hard.txt");
    expect(wrong).toEqual([]);
    expect(readFileSync(join(stage.outside, "secret.txt"), "utf8")).toBe(SECRET);
    expect(existsSync(join(root, root))).toBe(false);
  });
});
