/** Spending in memory: grants everything, or what a test says, and remembers what it was asked and told. */
import type { Usage } from "../../src/domain/usage.ts";
import type { CallEnd, CallRequest, Grant, Spending, Waiting } from "../../src/ports/spending.ts";

export interface FakeSpending extends Spending {
  asked: CallRequest[];
  settled: { call: string; end: CallEnd }[];
  parked: { account: string; said: string; until: number }[];
}

type Answer = (request: CallRequest, waiting: (why: Waiting) => void, signal: AbortSignal) => Promise<Grant> | Grant;

/** `costUsd` is what each call is booked with. */
export function fakeSpending({
  answer = () => ({ kind: "granted" }),
  costUsd = "0.25",
}: {
  answer?: Answer;
  costUsd?: string;
} = {}): FakeSpending {
  const booked = new Map<string, Usage | undefined>();
  const fake: FakeSpending = {
    asked: [],
    settled: [],
    parked: [],
    ask: async (request, signal, waiting) => {
      fake.asked.push(request);
      return answer(request, waiting, signal);
    },
    settle: async (call, end) => {
      fake.settled.push({ call, end });
      if (!booked.has(call)) booked.set(call, end.kind === "used" ? { ...end.usage, costUsd } : undefined);
      return booked.get(call);
    },
    sent: () => {},
    park: (account, { said, until }) => void fake.parked.push({ account, said, until }),
  };
  return fake;
}
