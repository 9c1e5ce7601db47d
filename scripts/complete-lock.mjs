/**
 * Names in package-lock.json the optional packages of every platform, also those that the registry at hand does not serve.
 * `npm ci` refuses a lock that leaves them out, and `npm install` leaves them out when it cannot fetch them. Run it after
 * `npm install --package-lock-only`; such an entry has a version but no integrity, and is only fetched on its own platform.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "..", "package-lock.json");
const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "ppc64", "riscv64", "s390x", "x64"];

const lock = JSON.parse(readFileSync(FILE, "utf8"));

/** What a platform package says in its name: `cli-linux-x64-musl`. */
function platformOf(name) {
  const parts = name.split("/").at(-1).split("-");
  const os = parts.find((part) => SYSTEMS.includes(part));
  const cpu = parts.find((part) => PROCESSORS.includes(part));
  if (!os || !cpu) throw new Error(`${name} does not say its platform`);
  const musl = parts.some((part) => part.startsWith("musl"));
  return { os: [os], cpu: [cpu], ...(os === "linux" && { libc: [musl ? "musl" : "glibc"] }) };
}

for (const { optionalDependencies = {}, dev, license, engines } of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    lock.packages[`node_modules/${name}`] ??= {
      version,
      ...platformOf(name),
      ...(dev && { dev }),
      license,
      optional: true,
      ...(engines && { engines }),
    };
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
