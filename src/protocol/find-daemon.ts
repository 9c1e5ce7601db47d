/** Finds the daemon of these places: at its socket, or where its note says that it listens. */
import { dirname } from "node:path";
import type { Places } from "../domain/places.ts";
import { checkPlaces } from "./here.ts";
import { readInstance } from "./instance-record.ts";
import { type Link, type LinkOptions, openLink } from "./link.ts";

export interface Found {
  link: Link;
  socket: string;
}

/** The connection, or `undefined` when no daemon answers. Throws when the socket's directory cannot be trusted. */
export async function findDaemon(places: Places, options: LinkOptions = {}): Promise<Found | undefined> {
  checkPlaces(places);
  const { socket } = places;
  const link = await openLink(socket, options).catch(() => undefined);
  if (link !== undefined) return { link, socket };
  const elsewhere = readInstance(places)?.socket;
  if (elsewhere === undefined || elsewhere === socket) return undefined;
  checkPlaces({ ...places, socket: elsewhere, guarded: [dirname(elsewhere)] });
  const other = await openLink(elsewhere, options).catch(() => undefined);
  return other && { link: other, socket: elsewhere };
}
