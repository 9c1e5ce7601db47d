/** One of a thing is not many of it: `{files} files`, where there is one, becomes `1 file`. */

const COUNTED = /\{(\w+)\} (\w+)s\b/g;
/** What is counted in the texts; other words after a value are no count of it. */
const THINGS: ReadonlySet<string> = new Set(
  "call file line model persona phase problem row run schema session setting template turn byte character".split(" "),
);

export const singular = (template: string, params: Readonly<Record<string, string | number>>): string =>
  template.replace(COUNTED, (whole, name: string, thing: string) =>
    String(params[name]) === "1" && THINGS.has(thing) ? `{${name}} ${thing}` : whole,
  );
