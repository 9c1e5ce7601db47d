/** Schema 4: the event that each channel of notifications was told last. */
export const V4 = `
CREATE TABLE notified (
  channel TEXT PRIMARY KEY,
  cursor  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
