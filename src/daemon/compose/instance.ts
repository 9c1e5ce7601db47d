/** One daemon at a time, by the lock of its places: apart from the daemon, so that stopping one does not load another. */
export { instanceHolder, takeInstanceLock } from "../../adapters/system/instance-lock.ts";
