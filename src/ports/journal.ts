/** The daemon's own log, for whoever mends devflow itself. What goes in is scrubbed of secrets by the adapter. */

export interface Journal {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
