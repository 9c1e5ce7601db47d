/** YAML 1.2 (and with it JSON) as a value, and on which line each part of it stands. */
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";

export interface Place {
  line: number;
  column: number;
}

export type Path = readonly (string | number)[];

export interface YamlText {
  /** Not to be used when there is any problem. */
  value: unknown;
  problems: readonly (Place & { problem: string })[];
  /** Where the part at `path` stands: its key in a map. What is not there has the place of what should hold it. */
  placeOf(path: Path): Place;
}

export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const found = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    problem: code === "DUPLICATE_KEY" ? "this key is there twice" : message.replace(/\s+/g, " "),
    ...at(pos[0]),
  }));
  const resolved = found.length === 0 ? resolve(document) : { value: undefined };
  return {
    value: "value" in resolved ? resolved.value : undefined,
    problems: "value" in resolved ? found : [{ problem: resolved.problem, ...at(resolved.offset) }],
    placeOf: (path) => at(offsetOf(document.contents, path)),
  };
}

/** Aliases are resolved here: one without an anchor, or one of the kind that explodes, is a problem too. */
function resolve(document: Document): { value: unknown } | { problem: string; offset: number } {
  try {
    return { value: document.toJS() };
  } catch (error) {
    let offset = 0;
    visit(document, {
      Alias: (_, alias) => {
        offset = alias.range?.[0] ?? 0;
        return alias.resolve(document) ? undefined : visit.BREAK;
      },
    });
    return { problem: error instanceof Error ? error.message : String(error), offset };
  }
}

function offsetOf(root: Node | null, path: Path): number {
  let at: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(at)) {
      const pair = at.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) return offset;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      at = pair.value;
    } else if (isSeq(at)) {
      const item = at.items[Number(step)];
      if (!item) return offset;
      offset = (item as Node).range?.[0] ?? offset;
      at = item;
    } else {
      return offset;
    }
  }
  return offset;
}
