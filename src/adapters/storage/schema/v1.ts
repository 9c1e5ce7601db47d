/**
 * Schema 1: the log, and the list of runs.
 *
 * Runs have numbers: an index entry of nine bytes instead of thirty-five puts the ends of many runs on one page, so that a
 * commit for 64 of them writes half as much.
 * Nothing is ever deleted from `events`, so the next rowid is always a new cursor.
 * `untidy_runs` holds those with something left to do, which may be an ended run whose report or sessions were cut short.
 * A goal may be half a megabyte: it has a table of its own, so that changing a run's row does not write it again.
 */
export const V1 = `
CREATE TABLE run_numbers (
  number INTEGER PRIMARY KEY,
  run    TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE events (
  cursor   INTEGER PRIMARY KEY,
  run      INTEGER NOT NULL,
  position INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  -- The first event of an append says how many events it wrote, and under which key.
  key      TEXT,
  count    INTEGER,
  event    TEXT    NOT NULL,
  UNIQUE (run, position)
) STRICT;

CREATE TABLE runs (
  id              TEXT    PRIMARY KEY,
  status          TEXT    NOT NULL,
  template        TEXT    NOT NULL,
  repo            TEXT    NOT NULL,
  base            TEXT    NOT NULL,
  branch          TEXT,
  started_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  ended_at        INTEGER,
  at              TEXT    NOT NULL,
  accepted        INTEGER NOT NULL,
  phases          INTEGER NOT NULL,
  idempotency_key TEXT,
  request_hash    TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_active_run ON runs (repo, base) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_run_per_key ON runs (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX runs_by_status ON runs (status, id);

CREATE TABLE goals (
  run  TEXT PRIMARY KEY,
  goal TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE untidy_runs (
  run TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
`;
