/** Ids as people see and type them: the end of a ULID, which is its random part. */

/** Enough to tell a few thousand runs apart; every command takes it in place of the whole id. */
const SHOWN = 6;

export const shortId = (id: string): string => id.slice(-SHOWN);
