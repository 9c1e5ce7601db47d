/** Schema 6: when a run was updated is said by its newest event alone. */
export const V6 = `
ALTER TABLE runs DROP COLUMN updated_at;
`;
