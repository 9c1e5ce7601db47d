/** What the checks of devflow doctor stand on: everything that they can ask of this machine. A test gives another. */
import type { Config } from "../../domain/config.ts";
import type { ConsentState } from "../../domain/consent.ts";
import type { Places } from "../../domain/places.ts";
import type { Client } from "../client.ts";
import type { AgentShelf, DatabaseLook, Definitions, KeyChest, Rights, Said, StoreTrouble } from "../compose/offers.ts";

export interface Ground {
  env: Readonly<Record<string, string | undefined>>;
  uid: number;
  /** Of this devflow. */
  version: string;
  node: string;
  /** Whether SQLite was compiled so that it needs a Node without the fault of `NODE_ENDS`. */
  sqliteAsksAtItsEnd(): Promise<boolean>;
  places: Places;
  config(): Promise<Config>;
  /** What a program says for itself. */
  said(program: string, args: readonly string[]): Promise<Said>;
  agents(): Promise<AgentShelf>;
  definitions(): Promise<Definitions>;
  keys(): Promise<KeyChest>;
  /** Whether the keyring takes a key, gives it back, and lets go of it. */
  keyring(): Promise<StoreTrouble | undefined>;
  secretsFile: string;
  database(): Promise<DatabaseLook>;
  freeBytes(path: string): Promise<number>;
  rightsOf(path: string): Promise<Rights | undefined>;
  setMode(path: string, mode: number): Promise<void>;
  /** Throws `Failure` when others could put a socket of theirs in the daemon's place. */
  checkPlaces(): void;
  running(): Promise<Client | undefined>;
  consent(): Promise<ConsentState>;
  /** The day of the prices that devflow ships. */
  shippedPrices(): Promise<string>;
  /** When this devflow was put here; milliseconds since 1970. */
  installedAt(): Promise<number>;
  now(): number;
}
