// The customer that tests/stack/customer.py made, and the SDK pointed at the stack as a user points it.
import Stripe from "stripe";

const { BASE_URL, LIVE_KEY, TEST_KEY, RESTRICTED_KEY, FAILED_RUN } = process.env;
export const customer = { liveKey: LIVE_KEY, testKey: TEST_KEY, restrictedKey: RESTRICTED_KEY, failedRun: FAILED_RUN };
export const interval = { interval_start: Number(process.env.START), interval_end: Number(process.env.END) };

export function clientOf(key) {
  const { hostname, port, protocol } = new URL(BASE_URL);
  return new Stripe(key, { host: hostname, port, protocol: protocol.slice(0, -1), maxNetworkRetries: 0 });
}

export const live = clientOf(customer.liveKey);
export const test = clientOf(customer.testKey);

// Polls by `list`: `retrieve` of a failed run throws in this SDK (contracts: v1, section 1.1).
export async function finished(client, id) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    for await (const run of client.reporting.reportRuns.list({ limit: 100 })) {
      if (run.id === id && run.status !== "pending") return run;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error(`${id} is still pending`);
}

export function create(client, report_type, parameters = {}) {
  return client.reporting.reportRuns.create({ report_type, parameters: { ...interval, ...parameters } });
}
