/** Every event of a run up to now, asked for in pages. */
import type { StoredEvent } from "../domain/event.ts";
import type { Client } from "./client.ts";

export async function* allEvents(client: Client, run: string): AsyncGenerator<StoredEvent, void, undefined> {
  let from = 1;
  for (;;) {
    const { events, more } = await client.call("run.events", { run, from });
    yield* events;
    const last = events.at(-1);
    if (!more || !last) return;
    from = last.position + 1;
  }
}
