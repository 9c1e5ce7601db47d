/** The child's end of the IPC channel: what it tells, and the grants that it waits for. */
import type { FromChild, ToChild } from "../session-protocol.ts";

type Ask = Omit<Extract<FromChild, { t: "ask" }>, "t">;
type Grant = Extract<ToChild, { t: "grant" }>["grant"];

export interface Channel {
  tell(message: FromChild): void;
  /** Waits as long as it takes; rejects with the signal's reason when the call is no longer wanted. */
  ask(request: Ask, signal: AbortSignal): Promise<Grant>;
  granted(call: string, grant: Grant): void;
}

export function parentChannel(send: (message: FromChild) => void): Channel {
  const waiting = new Map<string, (grant: Grant) => void>();
  return {
    tell: send,
    ask(request, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = () => {
          waiting.delete(request.call);
          reject(signal.reason);
        };
        signal.addEventListener("abort", onAbort, { once: true });
        waiting.set(request.call, (grant) => {
          signal.removeEventListener("abort", onAbort);
          resolve(grant);
        });
        send({ t: "ask", ...request });
      });
    },
    granted(call, grant) {
      waiting.get(call)?.(grant);
      waiting.delete(call);
    },
  };
}
