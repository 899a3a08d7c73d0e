// The Node SDK as a program that does what it is told, a JSON object a line: see clients/driver.py. It can do one thing more:
// {"do": "stream", "path"} and an access answers with the text of a streamed raw request.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import Stripe from "stripe";

const OPTIONS = { idempotency_key: "idempotencyKey", stripe_account: "stripeAccount" };
const OPERATIONS = { delete: "del" };
const ERRORS = { ConnectionError: "APIConnectionError" };
const clients = new Map();

function clientOf({ key, base_url, retries }) {
  const name = `${key} ${base_url} ${retries}`;
  if (!clients.has(name)) {
    const { hostname, port, protocol } = new URL(base_url);
    const options = { host: hostname, port, protocol: protocol.slice(0, -1), maxNetworkRetries: retries };
    clients.set(name, new Stripe(key, options));
  }
  return clients.get(name);
}

function resource(asked) {
  const client = clientOf(asked);
  const name = asked.resource.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  return name.startsWith("report") ? client.reporting[name] : client[name];
}

function options(asked) {
  return Object.fromEntries(Object.entries(asked.options).map(([name, value]) => [OPTIONS[name], value]));
}

function raised(error) {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const name = error.type.replace(/^Stripe/, "");
  const { statusCode, code, param, message, requestId, rawType } = error;
  const told = { type: ERRORS[name] ?? name, status: statusCode, code, param, message, request_id: requestId };
  return { raised: { ...told, raw_type: rawType } };
}

async function once(asked) {
  try {
    const operation = OPERATIONS[asked.operation] ?? asked.operation;
    const found = await resource(asked)[operation](...asked.ids, asked.params, options(asked));
    return { value: found, headers: found.lastResponse.headers };
  } catch (error) {
    return raised(error);
  }
}

async function iterate(asked) {
  const value = [];
  for await (const one of resource(asked).list(asked.params, options(asked))) value.push(one.id);
  return { value };
}

function constructEvent({ payload, header, secret }) {
  try {
    return { value: Stripe.webhooks.constructEvent(payload, header, secret) };
  } catch (error) {
    return raised(error);
  }
}

async function stream(asked) {
  const chunks = [];
  const readable = await clientOf(asked).rawRequest("GET", asked.path, null, { streaming: true });
  for await (const chunk of readable) chunks.push(chunk);
  return { value: Buffer.concat(chunks).toString() };
}

function version() {
  return { value: JSON.parse(readFileSync(new URL("node_modules/stripe/package.json", import.meta.url))).version };
}

const call = (asked) => (asked.times === 1 ? once(asked) : Promise.all(Array.from({ length: asked.times }, () => once(asked))));
const does = { call, iterate, construct_event: constructEvent, stream, version };

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await does[asked.do](asked))}\n`);
}
process.exit(); // connections that are kept alive do not keep it
