// Webhooks as a customer's Node server receives them: signed as the SDK verifies, told of once per run.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test as it } from "node:test";
import Stripe from "stripe";
import { create, customer, finished, live } from "./customer.mjs";

const received = [];
let server;
let endpoint;

function arrived(id) {
  return received.filter(({ body }) => JSON.parse(body).data.object.id === id);
}

before(async () => {
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ body: Buffer.concat(chunks), signature: request.headers["stripe-signature"] });
    response.end("ok");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${server.address().port}/hook`;
  endpoint = await live.webhookEndpoints.create({ url, enabled_events: ["*"], metadata: { team: "finance" } });
});

after(async () => {
  await live.webhookEndpoints.del(endpoint.id);
  server.close();
});

describe("a webhook", () => {
  it("brings a finished run, which the SDK verifies and gives as an object", async () => {
    assert.match(endpoint.secret, /^whsec_/);
    const run = await finished(live, (await create(live, "balance.summary.1")).id);
    const deadline = Date.now() + 60_000;
    while (arrived(run.id).length === 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const [{ body, signature }] = arrived(run.id);
    const event = live.webhooks.constructEvent(body, signature, endpoint.secret);
    assert.equal(event.type, "reporting.report_run.succeeded");
    assert.equal(event.data.object.result.filename, `${run.id}.csv`);
    assert.equal((await live.events.retrieve(event.id)).data.object.id, run.id);
    assert.throws(
      () => live.webhooks.constructEvent(body, signature, "whsec_other"),
      Stripe.errors.StripeSignatureVerificationError,
    );
  });

  it("is retrieved without its secret", async () => {
    const retrieved = await live.webhookEndpoints.retrieve(endpoint.id);
    assert.equal(retrieved.secret, undefined);
    assert.deepEqual(retrieved.metadata, { team: "finance" });
  });

  it("tells of a failed run, which retrieve cannot", async () => {
    const deadline = Date.now() + 60_000;
    let failed;
    while (!failed && Date.now() < deadline) {
      const events = await live.events.list({ type: "reporting.report_run.failed" });
      failed = events.data.find((event) => event.data.object.id === customer.failedRun);
    }
    assert.match(failed.data.object.error, /could not be run/);
  });
});
