/** Whether anybody listens where models should be served: a connection is made and closed, nothing is sent. */
import { connect } from "node:net";

/** Whoever serves models on this machine takes a connection at once. */
const ANSWER_MS = 500;

export function answersAt(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""), // IPv6, as it stands in an address
      port: Number(port) || (protocol === "https:" ? 443 : 80),
      timeout: ANSWER_MS,
    });
    const told = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", told(true)).once("timeout", told(false)).once("error", told(false));
  });
}
