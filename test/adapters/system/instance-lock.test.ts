import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { instanceHolder, takeInstanceLock } from "../../../src/adapters/system/instance-lock.ts";
import { type Child, startChild } from "../../support/child.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.ts";

describe("the instance lock", () => {
  let folder: TemporaryFolder;
  let file: string;
  let children: Child[];
  beforeEach(() => {
    folder = temporaryFolder();
    file = join(folder.path, "state", "instance.lock");
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.process.kill("SIGKILL");
    await Promise.all(children.map(({ ended }) => ended));
    folder.remove();
  });

  /** A process that is ready to take the lock. */
  async function taker(): Promise<Child> {
    const child = startChild("lock-taker.ts", file);
    children.push(child);
    await child.said(1);
    return child;
  }

  async function take(child: Child): Promise<string | undefined> {
    child.process.stdin.write("take it\n");
    await child.said(2);
    return child.lines[1];
  }

  it("is one process's, which others can name, until it is released", async () => {
    const lock = takeInstanceLock(file);
    expect(lock).toBeDefined();
    expect(instanceHolder(file)).toBe(process.pid);
    expect(takeInstanceLock(file)).toBeUndefined();
    expect(await take(await taker())).toBe("refused");

    lock?.release();
    lock?.release();
    expect(instanceHolder(file)).toBeUndefined();
    expect(await take(await taker())).toBe("taken");
    expect(instanceHolder(file)).toBe(children[1]?.process.pid);
    expect(takeInstanceLock(file)).toBeUndefined();
  });

  it("is free at once when its holder is killed, and nobody is named any more", async () => {
    const child = await taker();
    expect(await take(child)).toBe("taken");
    child.process.kill("SIGKILL");
    await child.ended;
    expect(instanceHolder(file)).toBeUndefined();
    const lock = takeInstanceLock(file);
    expect(lock).toBeDefined();
    expect(instanceHolder(file)).toBe(process.pid);
    lock?.release();
  });

  it("stays with a holder that is stopped", async () => {
    const child = await taker();
    expect(await take(child)).toBe("taken");
    child.process.kill("SIGSTOP");
    expect(takeInstanceLock(file)).toBeUndefined();
    expect(instanceHolder(file)).toBe(child.process.pid);
  });

  it("goes to exactly one of twenty that race for it", async () => {
    const racers = await Promise.all(Array.from({ length: 20 }, taker));
    const said = await Promise.all(racers.map(take));
    expect(said.filter((answer) => answer === "taken")).toHaveLength(1);
    expect(said.filter((answer) => answer === "refused")).toHaveLength(19);
    const winner = racers[said.indexOf("taken")];
    expect(instanceHolder(file)).toBe(winner?.process.pid);
  });

  it("says so when the file cannot be a lock", () => {
    expect(() => takeInstanceLock(folder.path)).toThrow(expect.objectContaining({ code: "storage.unusable" }));
  });
});
