/**
 * Schema 3: prices of models as they were last fetched, and where the count of `devflow usage` begins.
 *
 * `price_list` holds the newest catalogue alone, a model a row, as JSON; `price_fetches` one row for each address ever asked:
 * when its list was last got, and what went wrong since.
 */
export const V3 = `
CREATE TABLE price_list (
  model TEXT PRIMARY KEY,
  price TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE price_fetches (
  address  TEXT PRIMARY KEY,
  at       INTEGER,
  skipped  INTEGER NOT NULL,
  error    TEXT,
  error_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_marks (
  name TEXT PRIMARY KEY,
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
