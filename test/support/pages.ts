/** The README and the pages under docs/, and what stands in them: code, links, headings. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pagesIn } from "../../scripts/docs/made.ts";

export const ROOT = join(import.meta.dirname, "../..");

export interface Page {
  path: string;
  text: string;
}

export const pages = (): Page[] =>
  [...pagesIn(ROOT), "docs/commands.md"].map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** Fenced blocks, those of one language when it is given. */
export const fences = ({ text }: Page, language?: string): string[] =>
  [...text.matchAll(FENCE)].flatMap(([, kind, body = ""]) =>
    language === undefined || kind === language ? [body] : [],
  );

/** What stands between single backticks. */
export const spans = ({ text }: Page): string[] =>
  [...text.replaceAll(FENCE, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);

/** Links to files of the repository: where each leads, and to which heading. */
export const links = ({ path, text }: Page): { file: string; anchor: string | undefined }[] =>
  [...text.replaceAll(FENCE, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = "", anchor] = target.split("#");
      return { file: file === "" ? path : join(dirname(path), file), anchor };
    });

/** The anchors that a page has, as forges make them from headings. */
export const anchors = ({ text }: Page): string[] =>
  [...text.replaceAll(FENCE, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
