/** Pages that people write and programs complete: what stands between two marks is made anew, the rest is left alone. */

const BEGIN = (name: string): string => `<!-- made: ${name} (npm run docs) -->`;
const END = (name: string): string => `<!-- /made: ${name} -->`;
const MARKED = /<!-- made: ([a-z-]+) \(npm run docs\) -->\n[\s\S]*?<!-- \/made: \1 -->/g;

/** The page with every marked block made anew. */
export function filled(page: string, blocks: Readonly<Record<string, string>>): string {
  const done = page.replaceAll(MARKED, (_, name: string) => {
    const made = blocks[name];
    if (made === undefined) throw new Error(`nothing makes the block ${name}`);
    return `${BEGIN(name)}\n\n${made}\n\n${END(name)}`;
  });
  const marks = done.match(/<!-- \/?made: /g)?.length ?? 0;
  const whole = done.match(MARKED)?.length ?? 0;
  if (marks !== whole * 2) throw new Error("a mark of a made block has lost its other half");
  return done;
}
