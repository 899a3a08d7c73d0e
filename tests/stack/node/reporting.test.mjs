// The v1 contract's own Node SDK, unmodified, as a customer uses it (contracts: v1, section 6).
import assert from "node:assert/strict";
import { before, describe, test as it } from "node:test";
import Stripe from "stripe";
import { clientOf, create, customer, finished, interval, live, test } from "./customer.mjs";

const DAY = 24 * 60 * 60; // the available data starts a day before the first record's month
const COLUMNS = ["balance_transaction_id", "net", "payment_metadata[order]"];
const ITEMIZED = "balance_change_from_activity.itemized.3";
const CSV = [
  '"balance_transaction_id","net","payment_metadata[order]"',
  '"txn_1","9.70","o-txn_1"',
  '"txn_2","25.20","o-txn_2"',
  '"txn_3","-10.30","o-txn_3"',
  "",
].join("\n");

async function text(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe("report types", () => {
  it("are listed, iterated and retrieved", async () => {
    const listed = await live.reporting.reportTypes.list();
    const ids = listed.data.map(({ id }) => id);
    assert.ok(ids.includes("balance.summary.1") && ids.includes(ITEMIZED));
    const iterated = [];
    for await (const found of live.reporting.reportTypes.list()) iterated.push(found.id);
    assert.deepEqual(iterated, ids);
    const found = await live.reporting.reportTypes.retrieve(ITEMIZED);
    assert.equal(found.object, "reporting.report_type");
    assert.equal(found.version, 3);
    assert.equal(found.livemode, true);
    assert.equal(found.data_available_start, interval.interval_start - DAY);
    assert.match(found.lastResponse.requestId, /^req_/);
  });

  it("that do not exist are a typed error", async () => {
    await assert.rejects(live.reporting.reportTypes.retrieve("balance.summary.99"), (error) => {
      assert.ok(error instanceof Stripe.errors.StripeInvalidRequestError);
      assert.equal(error.statusCode, 404);
      assert.equal(error.code, "resource_missing");
      assert.match(error.requestId, /^req_/);
      return true;
    });
  });
});

describe("a run", () => {
  let run;

  before(async () => {
    const pending = await create(live, ITEMIZED, { columns: COLUMNS });
    assert.equal(pending.status, "pending");
    assert.deepEqual(pending.parameters, { columns: COLUMNS, ...interval });
    assert.equal(pending.result, null);
    run = await finished(live, pending.id);
  });

  it("succeeds with its file inline", async () => {
    assert.equal(run.status, "succeeded");
    assert.equal(run.result.object, "file");
    assert.equal(run.result.filename, `${run.id}.csv`);
    const retrieved = await live.reporting.reportRuns.retrieve(run.id);
    assert.equal(retrieved.result.id, run.result.id);
    assert.equal((await live.files.retrieve(run.result.id)).size, Buffer.byteLength(CSV));
  });

  it("is given to somebody without a key, by a link that ends when it is told to", async () => {
    const link = await live.fileLinks.create({ file: run.result.id, metadata: { to: "auditor", 7: "x" } });
    assert.deepEqual(link.metadata, { to: "auditor", 7: "x" });
    assert.equal(await (await fetch(link.url)).text(), CSV);
    // The SDK sends null as an empty text, which unsets.
    const soon = Math.floor(Date.now() / 1000) + 60;
    assert.equal((await live.fileLinks.update(link.id, { expires_at: soon })).expires_at, soon);
    const changed = await live.fileLinks.update(link.id, { expires_at: null, metadata: null });
    assert.deepEqual([changed.expires_at, changed.metadata], [run.result.expires_at, {}]);
    const ended = await live.fileLinks.update(link.id, { expires_at: "now" });
    assert.equal(ended.expired, true);
    assert.equal((await fetch(link.url)).status, 410);
    const iterated = [];
    for await (const found of live.fileLinks.list({ file: run.result.id, expired: true })) iterated.push(found.id);
    assert.deepEqual(iterated, [link.id]);
    const files = [];
    for await (const file of live.files.list({ limit: 1, created: { gte: run.created } })) files.push(file.id);
    assert.ok(files.includes(run.result.id));
  });

  it("is downloaded as a stream", async () => {
    const path = new URL(run.result.url).pathname;
    const stream = await live.rawRequest("GET", path, null, { streaming: true });
    assert.equal(await text(stream), CSV);
  });

  it("is downloaded with fetch and HTTP Basic", async () => {
    const credentials = Buffer.from(`${customer.liveKey}:`).toString("base64");
    const answer = await fetch(run.result.url, { headers: { Authorization: `Basic ${credentials}` } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type"), /^text\/csv/);
    assert.equal(await answer.text(), CSV);
  });

  it("of live data is not there in test mode", async () => {
    const missing = { type: "StripeInvalidRequestError", code: "resource_missing", statusCode: 404 };
    await assert.rejects(test.reporting.reportRuns.retrieve(run.id), missing);
    await assert.rejects(test.files.retrieve(run.result.id), missing);
    for await (const other of test.reporting.reportRuns.list()) assert.equal(other.livemode, false);
  });
});

describe("a failed run", () => {
  it("is listed with its reason", async () => {
    const run = await finished(live, customer.failedRun);
    assert.equal(run.status, "failed");
    assert.match(run.error, /could not be run/);
  });

  it("makes retrieve throw: the SDK takes any `error` at the top for one of its own, whatever the status", async () => {
    const listed = await finished(live, customer.failedRun);
    await assert.rejects(live.reporting.reportRuns.retrieve(customer.failedRun), (error) => {
      assert.equal(error.type, "StripeOAuthError");
      assert.equal(error.rawType, listed.error);
      assert.equal(error.message, "");
      assert.equal(error.statusCode, 200);
      return true;
    });
  });
});

describe("lists of runs", () => {
  let newestFirst;

  before(async () => {
    for await (const old of test.reporting.reportRuns.list()) assert.fail(`${old.id} is in the way`);
    newestFirst = [];
    for (let made = 0; made < 5; made += 1) {
      newestFirst.unshift(await create(test, "balance.summary.1"));
      await new Promise((resolve) => setTimeout(resolve, 300)); // `created` is in whole seconds
    }
  });

  const ids = (runs) => runs.map(({ id }) => id);

  it("are paged from the newest on", async () => {
    const page = await test.reporting.reportRuns.list({ limit: 2 });
    assert.equal(page.has_more, true);
    assert.equal(page.url, "/v1/reporting/report_runs");
    assert.deepEqual(ids(page.data), ids(newestFirst).slice(0, 2));
    const all = await test.reporting.reportRuns.list({ limit: 2 }).autoPagingToArray({ limit: 100 });
    assert.deepEqual(ids(all), ids(newestFirst));
  });

  it("are paged back to the newest", async () => {
    const list = test.reporting.reportRuns.list({ limit: 2, ending_before: newestFirst[4].id });
    assert.deepEqual(ids((await list).data), ids(newestFirst).slice(2, 4));
    const back = [];
    for await (const run of list) back.push(run.id);
    assert.deepEqual(back, ids(newestFirst).slice(0, 4).reverse());
  });

  it("are filtered by creation", async () => {
    const middle = newestFirst[2].created;
    const found = async (created) => ids((await test.reporting.reportRuns.list({ created, limit: 100 })).data);
    const expected = (wanted) => ids(newestFirst.filter((run) => wanted(run.created)));
    assert.deepEqual(await found(middle), expected((created) => created === middle));
    assert.deepEqual(await found({ gte: middle }), expected((created) => created >= middle));
    assert.deepEqual(await found({ lt: middle }), expected((created) => created < middle));
  });
});

describe("what is wrong", () => {
  const wrong = [
    ["a limit", () => live.reporting.reportRuns.list({ limit: 101 }), "limit", "parameter_invalid_integer"],
    ["a cursor", () => live.reporting.reportRuns.list({ starting_after: "frr_x" }), "starting_after", "resource_missing"],
    ["a field", () => live.reporting.reportRuns.list({ colour: "red" }), "colour", "parameter_unknown"],
    ["a report type", () => create(live, "sales.1"), "report_type", "resource_missing"],
    ["a parameter", () => create(live, ITEMIZED, { colour: "red" }), "parameters[colour]", "parameter_unknown"],
  ];
  for (const [name, call, param, code] of wrong) {
    it(`${name} is a StripeInvalidRequestError with param and code`, async () => {
      const expected = { type: "StripeInvalidRequestError", statusCode: 400, param, code };
      await assert.rejects(call(), expected);
    });
  }

  it("an interval before the data is refused in the contract's words", async () => {
    await assert.rejects(create(live, "balance.summary.1", { interval_start: interval.interval_start - DAY - 5 }), {
      param: "parameters.interval_start",
      message:
        "Data for the report type balance.summary.1 is only available starting at 2025-12-31 00:00:00 UTC; " +
        "you requested `interval_start` = 2025-12-30 23:59:55 UTC.",
    });
  });

  it("a key is a StripeAuthenticationError", async () => {
    const unknown = clientOf(`sk_test_${"0".repeat(39)}abcd`);
    await assert.rejects(unknown.reporting.reportRuns.list(), {
      type: "StripeAuthenticationError",
      message: "Invalid API Key provided: sk_test_****************abcd",
    });
  });

  it("a permission is a StripePermissionError", async () => {
    await assert.rejects(clientOf(customer.restrictedKey).reporting.reportRuns.list(), {
      type: "StripePermissionError",
      statusCode: 403,
    });
  });
});
