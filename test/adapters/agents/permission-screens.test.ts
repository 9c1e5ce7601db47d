/** The permission dialogs of real agents, as they were recorded: each is read, and can be answered. */
import { expect, it } from "vitest";
import { emulator } from "../../../src/adapters/terminals/screen.ts";
import { forVersion } from "../../../src/domain/agent-profile.ts";
import { readPermission } from "../../../src/domain/permission-dialog.ts";
import { profile } from "../../support/profiles.ts";
import { castOf, profileNameOf, RECORDINGS, type Recording } from "../../support/replay.ts";

async function asked(recording: Recording) {
  const at = recording.labels.find(({ state }) => state === "permission")?.at ?? 0;
  const cast = castOf(recording.file);
  const shown = emulator({ cols: cast.cols, rows: cast.rows, onEvent: () => {} });
  for (const event of cast.events) if (event.at <= at && event.kind === "o") shown.write(Buffer.from(event.data));
  const screen = await shown.read();
  shown.dispose();
  const { interactive } = forVersion(profile(profileNameOf(recording)), recording.version);
  return readPermission(interactive.permissions, screen);
}

const recorded = (file: string): Recording => {
  const found = RECORDINGS.find((one) => one.file === file);
  if (!found) throw new Error(`there is no recording ${file}`);
  return found;
};

it.each(RECORDINGS.filter(({ labels }) => labels.some(({ state }) => state === "permission")).map(({ file }) => file))(
  "%s: the question can be read, and allowed and denied",
  async (file) => {
    const { keys, text, tool } = (await asked(recorded(file))) ?? {};
    expect({ allow: keys?.allow, deny: keys?.deny, tool, text }).toEqual({
      allow: expect.any(Array),
      deny: expect.any(Array),
      tool: expect.stringMatching(/^(?:command|edit)$/),
      text: expect.stringMatching(/\S/),
    });
  },
);

it("a command that wraps is not taken for a shorter one", async () => {
  expect((await asked(recorded("gemini/long-tool.cast")))?.command).toBeUndefined();
  expect((await asked(recorded("opencode/long-tool.cast")))?.command).toBeUndefined();
  expect((await asked(recorded("claude2/long-tool.cast")))?.command).toMatch(/^for i in .*; done$/);
});
