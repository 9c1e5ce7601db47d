/**
 * Schema 2: the ledger.
 *
 * Money is in whole numbers of 10⁻¹² dollars. An entry is a call of a model, or what an agent reports by itself; it is open as
 * long as `reserved` is there. Until it is booked its tokens are the most that the call can use.
 * `spending_scopes` counts what the entries come to, so that no reservation has to sum them up.
 * A limit without a name is for every scope of its kind; no scope has the empty name.
 */
export const V2 = `
CREATE TABLE spending (
  number             INTEGER PRIMARY KEY,
  entry              TEXT    NOT NULL UNIQUE,
  run                TEXT    NOT NULL,
  session            TEXT    NOT NULL,
  persona            TEXT    NOT NULL,
  phase              TEXT,
  model              TEXT    NOT NULL,
  account            TEXT,
  free               INTEGER NOT NULL,
  at                 INTEGER NOT NULL,
  day                TEXT    NOT NULL,
  reserved           INTEGER,
  amount             INTEGER,
  estimated          INTEGER NOT NULL,
  input_tokens       INTEGER,
  output_tokens      INTEGER,
  cached_tokens      INTEGER,
  cache_write_tokens INTEGER,
  reasoning_tokens   INTEGER,
  served             TEXT,
  provider           TEXT,
  generation         TEXT,
  booked_at          INTEGER
) STRICT;
CREATE INDEX spending_open ON spending (number) WHERE reserved IS NOT NULL;
CREATE INDEX spending_by_run ON spending (run);
CREATE INDEX spending_by_time ON spending (at);

CREATE TABLE spending_scopes (
  kind     TEXT    NOT NULL,
  name     TEXT    NOT NULL,
  booked   INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE spending_limits (
  kind   TEXT    NOT NULL,
  name   TEXT    NOT NULL,
  amount INTEGER NOT NULL,
  policy TEXT    NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
`;
