/**
 * The sizes of windows: each has one of its own, and another one while a person is there.
 *
 * A person who attaches sees the whole window, whatever terminal they have; the agent draws for them meanwhile. That tmux
 * gives the window its own size back when they leave is not to be had: the daemon does, also when it was away at the time.
 */
interface Size {
  cols: number;
  rows: number;
}

/** Gives a window (the current one: "") this size for good, whoever looks at it. */
export const resizeCommands = (window: string, { cols, rows }: Size): string => {
  const at = window === "" ? "" : `-t ${window} `;
  return `set-option -w ${at}@devflow_size ${cols}x${rows} ; resize-window ${at}-x ${cols} -y ${rows}`;
};

/** What tmux says when a window has another size: `@3 c4a5,80x23,0,0,3 c4a5,80x23,0,0,3 *`. */
export function sizeFrom(notice: string): (Size & { window: string }) | undefined {
  const [, window, cols, rows] = /^(@\d+) [0-9a-f]+,(\d+)x(\d+),/.exec(notice) ?? [];
  return window === undefined ? undefined : { window, cols: Number(cols), rows: Number(rows) };
}

/** Gives windows at which nobody is any more the size that is theirs. */
export async function restoreSizes(run: (line: string) => Promise<Buffer[]>): Promise<void> {
  const windows = await run("list-windows -a -F '#{window_id} #{window_width}x#{window_height} #{@devflow_size}'");
  const clients = await run("list-clients -F '#{client_control_mode}#{client_readonly} #{window_id}'");
  const looked = new Set(clients.map(String).flatMap((line) => (line.startsWith("00 ") ? [line.slice(3)] : [])));
  for (const line of new Set(windows.map(String))) {
    const [window = "", now, own = ""] = line.split(" ");
    const [cols, rows] = own.split("x").map(Number);
    if (!cols || !rows || now === own || looked.has(window)) continue;
    await run(resizeCommands(window, { cols, rows }));
  }
}
