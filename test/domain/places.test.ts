import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { placesFor, type Surroundings, socketPathTooLong, unsafe } from "../../src/domain/places.ts";

const at = (env: Record<string, string>, more: Partial<Surroundings> = {}) =>
  placesFor({
    env,
    platform: "linux",
    uid: 1000,
    home: "/home/min",
    tmp: "/tmp",
    absolute: (path) => resolve("/work/dir", path),
    ...more,
  });

describe("directories", () => {
  it("follow XDG on Linux", () => {
    expect(
      at({ XDG_RUNTIME_DIR: "/run/user/1000", XDG_DATA_HOME: "/data", XDG_CACHE_HOME: "relative", XDG_STATE_HOME: "" }),
    ).toEqual({
      config: "/home/min/.config/devflow",
      data: "/data/devflow",
      state: "/home/min/.local/state/devflow",
      cache: "/home/min/.cache/devflow",
      runtime: "/run/user/1000/devflow",
      socket: "/run/user/1000/devflow/devflowd.sock",
      guarded: ["/run/user/1000/devflow"],
    });
  });

  it("follow the conventions of macOS there", () => {
    const tmp = "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T";
    expect(at({}, { platform: "darwin", uid: 501, home: "/Users/min", tmp })).toMatchObject({
      config: "/Users/min/Library/Application Support/devflow",
      cache: "/Users/min/Library/Caches/devflow",
      runtime: "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/devflow-501",
    });
  });

  it("are all under DEVFLOW_HOME when it is set, relative or not", () => {
    expect(at({ DEVFLOW_HOME: "my home", XDG_DATA_HOME: "/data", XDG_RUNTIME_DIR: "/run/user/1" })).toEqual({
      config: "/work/dir/my home/config",
      data: "/work/dir/my home/data",
      state: "/work/dir/my home/state",
      cache: "/work/dir/my home/cache",
      runtime: "/work/dir/my home/run",
      socket: "/work/dir/my home/run/devflowd.sock",
      guarded: ["/work/dir/my home/run"],
    });
  });
});

describe("the runtime directory", () => {
  const long = `/home/${"깊은-".repeat(12)}`;

  it("of a long home is a short one of its own, always the same, inside a directory that is checked too", () => {
    const { runtime, socket, guarded } = at({ DEVFLOW_HOME: long });
    expect(runtime).toMatch(/^\/tmp\/devflow-1000\/[0-9a-f]{8}$/);
    expect(guarded).toEqual(["/tmp/devflow-1000", runtime]);
    expect(socketPathTooLong(socket)).toBeUndefined();
    expect(at({ DEVFLOW_HOME: long }).runtime).toBe(runtime);
    expect(at({ DEVFLOW_HOME: `${long}x` }).runtime).not.toBe(runtime);
  });

  it("is the one that was asked for, before all others", () => {
    expect(at({ DEVFLOW_RUNTIME_DIR: "/r", DEVFLOW_HOME: "/h", XDG_RUNTIME_DIR: "/x" }).runtime).toBe("/r");
  });

  it("is in the temporary directory without a session's own", () => {
    expect(at({}).runtime).toBe("/tmp/devflow-1000");
  });
});

describe("a directory for the socket", () => {
  const own = { directory: true, link: false, uid: 1000, mode: 0o40700 };

  it("is safe when it is this user's alone", () => {
    expect(unsafe(own, 1000)).toBeUndefined();
  });

  it("is refused when others own it, reach it or have put a link there", () => {
    expect(unsafe({ ...own, uid: 0 }, 1000)).toBe("it belongs to user 0");
    expect(unsafe({ ...own, mode: 0o40750 }, 1000)).toBe("its mode is 0750, not 0700");
    expect(unsafe({ ...own, mode: 0o40701 }, 1000)).toBe("its mode is 0701, not 0700");
    expect(unsafe({ ...own, directory: false, link: true }, 1000)).toBe("it is a symbolic link");
    expect(unsafe({ ...own, directory: false }, 1000)).toBe("it is not a directory");
  });

  it("leaves at most 103 bytes to the socket's path, counted in UTF-8", () => {
    expect(socketPathTooLong(`/${"a".repeat(102)}`)).toBeUndefined();
    expect(socketPathTooLong(`/${"a".repeat(103)}`)).toMatchObject({ bytes: 104 });
    expect(socketPathTooLong(`/${"집".repeat(35)}`)).toMatchObject({ bytes: 106 });
  });
});
