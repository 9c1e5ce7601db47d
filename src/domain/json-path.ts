/** What agents tell as JSON, by the paths that their profiles name. */

/** What is at a path of names with dots between. */
export const valueAt = (event: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), event);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Whether it has these texts at these paths; numbers and true as they are written. */
export const hasTexts = (event: unknown, where: Readonly<Record<string, string>>): boolean =>
  Object.entries(where).every(([path, text]) => {
    const value = valueAt(event, path);
    return typeof value === "boolean" || typeof value === "number" ? String(value) === text : value === text;
  });
