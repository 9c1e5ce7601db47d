/** How the daemon is told to stop: by a signal or a request. The first begins a clean stop, a second signal ends it at once. */

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

export interface Shutdown {
  request(cause: string): void;
  requested: Promise<string>;
  stopping(): boolean;
  /** No longer listens to signals. */
  release(): void;
}

export function shutdownOnSignals(atOnce: () => void): Shutdown {
  let begun = false;
  let settle = (_cause: string) => {};
  const requested = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const request = (cause: string) => {
    begun = true;
    settle(cause);
  };
  const onSignal = (signal: NodeJS.Signals) => (begun ? atOnce() : request(signal));
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    request,
    requested,
    stopping: () => begun,
    release() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
