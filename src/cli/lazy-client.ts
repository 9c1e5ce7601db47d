/** A client that connects with its first request: a command that asks nothing needs no daemon. */
import type { Client } from "./client.ts";

export function lazyClient(open: () => Promise<Client>): Client {
  let opened: Promise<Client> | undefined;
  let closed = false;
  const client = (): Promise<Client> => {
    opened ??= open();
    return opened;
  };
  return {
    socket: "",
    call: async (method, params) => (await client()).call(method, params),
    async *follow(cursor, options) {
      yield* (await client()).follow(cursor, options);
    },
    close() {
      if (closed) return;
      closed = true;
      opened?.then(
        (it) => it.close(),
        () => undefined,
      );
    },
  };
}
