/**
 * Loaded into a daemon before its own code (`NODE_OPTIONS=--import …`): while the file that `NO_FORKS` names is there, the system
 * has no process left for it. A limit of processes does not hold for every user; this is what one looks like to Node.
 */
import { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";

const file = process.env.NO_FORKS ?? "";

if (/devflowd(\.\w+)?$/.test(process.argv[1] ?? "")) {
  const spawn = ChildProcess.prototype.spawn;
  ChildProcess.prototype.spawn = function (...args) {
    if (existsSync(file)) this._handle.spawn = () => -constants.errno.EAGAIN;
    return Reflect.apply(spawn, this, args);
  };
}
