/** Whether a person has their hands on a pane. */

/** A person who has pressed no key for this long only looks on. */
const TYPED_LATELY_MS = 30_000;

export async function busy(run: (line: string) => Promise<Buffer[]>, pane: string, window: string): Promise<boolean> {
  const [modes, ...clients] = await run(
    `display-message -p -t ${pane} '#{pane_in_mode}#{pane_input_off}' ; list-clients -F '#{window_id} #{client_control_mode}#{client_readonly} #{client_activity}'`,
  );
  // The number of modes, and whether a person has switched the pane's input off: both swallow what is typed.
  if (/[1-9]/.test(String(modes))) return true;
  return clients.some((line) => {
    const [at, kind, activeAt] = line.toString().split(" ");
    return at === window && kind === "00" && Date.now() - Number(activeAt) * 1_000 < TYPED_LATELY_MS;
  });
}
