/**
 * Schema 5: talks are active beside other runs of the same branch.
 *
 * `beside` says that a run is one; only what is none holds its (repository, base). What is active has an index of its own.
 */
export const V5 = `
ALTER TABLE runs ADD COLUMN beside INTEGER NOT NULL DEFAULT 0;
DROP INDEX one_active_run;
CREATE UNIQUE INDEX one_active_run ON runs (repo, base) WHERE ended_at IS NULL AND beside = 0;
CREATE INDEX active_runs ON runs (id) WHERE ended_at IS NULL;
`;
