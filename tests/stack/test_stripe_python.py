"""The v1 contract's own Python SDK, unmodified, as a customer uses it (contracts: v1, section 6)."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import stripe

from tests.stack.customer import DAY, END, START, Customer, new_customer

if TYPE_CHECKING:
    from local.place import Place

pytestmark = pytest.mark.stack

COLUMNS = ["balance_transaction_id", "net", "payment_metadata[order]"]
ITEMIZED = "balance_change_from_activity.itemized.3"


@pytest.fixture(scope="module")
def customer(place: Place) -> Customer:
    return new_customer(place)


def client_of(customer: Customer, key: str, **options: Any) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": customer.base_url, "files": customer.base_url},
        max_network_retries=0,
        **options,
    )


@pytest.fixture(scope="module")
def live(customer: Customer) -> stripe.StripeClient:
    return client_of(customer, customer.live_key)


@pytest.fixture(scope="module")
def test(customer: Customer) -> stripe.StripeClient:
    return client_of(customer, customer.test_key)


def create(client: stripe.StripeClient, report_type: str = ITEMIZED, **parameters: Any) -> Any:
    interval = {"interval_start": START, "interval_end": END}
    return client.v1.reporting.report_runs.create(
        {"report_type": report_type, "parameters": interval | parameters}  # type: ignore[typeddict-item]
    )


def finished(client: stripe.StripeClient, run_id: str) -> Any:
    """Poll as the SDK's users do."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run = client.v1.reporting.report_runs.retrieve(run_id)
        if run.status != "pending":
            return run
        time.sleep(0.3)
    pytest.fail(f"{run_id} is still pending")


@pytest.fixture(scope="module")
def run(live: stripe.StripeClient) -> Any:
    """A run that succeeded."""
    return finished(live, create(live, columns=COLUMNS, timezone="Asia/Tokyo").id)


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


# ---------------------------------------------------------------- report types


def test_report_types_are_listed_and_retrieved(live: stripe.StripeClient) -> None:
    listed = live.v1.reporting.report_types.list()

    assert listed.to_dict()["object"] == "list"
    assert not listed.has_more
    by_id = {found.id: found for found in listed.auto_paging_iter()}
    assert {"balance.summary.1", ITEMIZED} <= by_id.keys()
    found = live.v1.reporting.report_types.retrieve(ITEMIZED)
    assert found.data_available_end >= by_id[ITEMIZED].data_available_end > found.data_available_start
    assert found.default_columns == by_id[ITEMIZED].default_columns
    assert isinstance(found, stripe.reporting.ReportType)
    assert (found.object, found.version, found.livemode) == ("reporting.report_type", 3, True)
    assert found.data_available_start == START - DAY
    assert found.default_columns is not None
    assert "balance_transaction_id" in found.default_columns


def test_an_unknown_report_type_is_a_typed_error(live: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        live.v1.reporting.report_types.retrieve("balance.summary.99")

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert str(refused.value.request_id).startswith("req_")


# ---------------------------------------------------------------- runs


def test_a_run_is_pending_at_first_and_echoes_what_was_sent(live: stripe.StripeClient) -> None:
    run = create(live, "balance.summary.1", currency="usd")

    assert isinstance(run, stripe.reporting.ReportRun)
    assert run.id.startswith("frr_")
    assert (run.object, run.status, run.livemode) == ("reporting.report_run", "pending", True)
    assert run.parameters.to_dict() == {"currency": "usd", "interval_end": END, "interval_start": START}
    assert (run.result, run.error, run.succeeded_at) == (None, None, None)
    assert abs(run.created - time.time()) < 60
    assert finished(live, run.id).status == "succeeded"


def test_a_finished_run_has_the_file_inline(live: stripe.StripeClient, run: Any, customer: Customer) -> None:
    assert (run.status, run.error) == ("succeeded", None)
    assert run.succeeded_at >= run.created
    file = run.result
    assert isinstance(file, stripe.File)
    assert (file.object, file.purpose, file.type) == ("file", "finance_report_run", "csv")
    assert (file.filename, file.title) == (f"{run.id}.csv", f"FinanceReportRun {run.id}")
    assert file.expires_at == file.created + 365 * 24 * 60 * 60
    assert file.url == f"{customer.base_url}/v1/files/{file.id}/contents"
    assert live.v1.files.retrieve(file.id).size == file.size


@pytest.mark.parametrize("how", ["basic", "bearer"])
def test_the_result_is_downloaded(how: str, run: Any, customer: Customer) -> None:
    key = customer.live_key
    headers = {"Authorization": f"Bearer {key}"} if how == "bearer" else {}
    auth = httpx.BasicAuth(key, "") if how == "basic" else None

    answer = httpx.get(run.result.url, headers=headers, auth=auth, follow_redirects=True)

    assert (answer.status_code, len(answer.content)) == (200, run.result.size)
    assert rows(answer.content) == [
        COLUMNS,
        ["txn_1", "9.70", "o-txn_1"],
        ["txn_2", "25.20", "o-txn_2"],
        ["txn_3", "-10.30", "o-txn_3"],
    ]


@pytest.mark.parametrize("key", [None, "test_key"])
def test_the_result_is_downloaded_by_nobody_else(key: str | None, run: Any, customer: Customer) -> None:
    auth = httpx.BasicAuth(getattr(customer, key), "") if key else None

    answer = httpx.get(run.result.url, auth=auth, follow_redirects=True)

    assert answer.status_code == (404 if key else 401)


def test_a_failed_run_is_retrieved_with_its_reason(live: stripe.StripeClient, customer: Customer) -> None:
    run = finished(live, customer.failed_run)

    assert (run.status, run.result) == ("failed", None)
    assert "could not be run" in run.error


@pytest.fixture(scope="module")
def newest_first(test: stripe.StripeClient) -> list[str]:
    """The ids of five runs in test mode."""
    made: list[str] = []
    for _ in range(5):
        made.insert(0, create(test, "balance.summary.1").id)
        time.sleep(0.3)  # `created` is in whole seconds: so some differ
    return made


def test_runs_are_paged_from_the_newest_on(test: stripe.StripeClient, newest_first: list[str]) -> None:
    page = test.v1.reporting.report_runs.list({"limit": 2})

    assert (page.has_more, page.url) == (True, "/v1/reporting/report_runs")
    assert [run.id for run in page.data] == newest_first[:2]
    assert [run.id for run in page.auto_paging_iter()] == newest_first
    assert [run.id for run in page.next_page().data] == newest_first[2:4]


def test_runs_are_paged_back_to_the_newest(test: stripe.StripeClient, newest_first: list[str]) -> None:
    page = test.v1.reporting.report_runs.list({"limit": 2, "ending_before": newest_first[-1]})

    assert [run.id for run in page.data] == newest_first[2:4]
    # With ending_before the SDK walks from the oldest to the newest.
    assert [run.id for run in page.auto_paging_iter()] == newest_first[-2::-1]


def test_runs_are_filtered_by_creation(test: stripe.StripeClient, newest_first: list[str]) -> None:
    runs = {run.id: run.created for run in test.v1.reporting.report_runs.list({"limit": 100})}
    assert list(runs) == newest_first
    middle = runs[newest_first[2]]

    def found(created: Any) -> list[str]:
        return [run.id for run in test.v1.reporting.report_runs.list({"created": created})]

    assert found(middle) == [run_id for run_id, created in runs.items() if created == middle]
    assert found({"gte": middle}) == [run_id for run_id, created in runs.items() if created >= middle]
    assert found({"lt": middle}) == [run_id for run_id, created in runs.items() if created < middle]
    assert found({"gt": middle, "lte": middle}) == []


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("parameters", "param", "code"),
    [
        ({"limit": 101}, "limit", "parameter_invalid_integer"),
        ({"limit": "many"}, "limit", "parameter_invalid_integer"),
        ({"starting_after": "frr_none"}, "starting_after", "resource_missing"),
        ({"colour": "red"}, "colour", "parameter_unknown"),
    ],
)
def test_a_wrong_list_is_a_typed_error(
    live: stripe.StripeClient, parameters: Any, param: str, code: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        live.v1.reporting.report_runs.list(parameters)

    error = refused.value
    assert (error.http_status, error.param, error.code) == (400, param, code)
    assert str(error.request_id).startswith("req_")


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"report_type": "sales.1"}, "report_type", "resource_missing"),
        ({"parameters": {"interval_start": START}}, "parameters[interval_end]", "parameter_missing"),
        (
            {"parameters": {"interval_start": START, "interval_end": END, "colour": "red"}},
            "parameters[colour]",
            "parameter_unknown",
        ),
    ],
)
def test_a_wrong_run_is_a_typed_error(
    live: stripe.StripeClient, changes: dict[str, Any], param: str, code: str
) -> None:
    new = {"report_type": ITEMIZED, "parameters": {"interval_start": START, "interval_end": END}} | changes
    with pytest.raises(stripe.InvalidRequestError) as refused:
        live.v1.reporting.report_runs.create(new)  # type: ignore[arg-type]

    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, param, code)


def test_an_interval_before_the_data_is_refused_in_the_contract_s_words(live: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(live, "balance.summary.1", interval_start=START - DAY - 5)

    assert refused.value.user_message == (
        "Data for the report type balance.summary.1 is only available starting at 2025-12-31 00:00:00 UTC; you "
        "requested `interval_start` = 2025-12-30 23:59:55 UTC."
    )
    assert (refused.value.param, refused.value.code) == ("parameters.interval_start", None)


def test_an_unknown_run_is_not_found(live: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such report_run: 'frr_none'") as refused:
        live.v1.reporting.report_runs.retrieve("frr_none")

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_an_unknown_key_is_an_authentication_error(customer: Customer) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        client_of(customer, "sk_test_" + "0" * 39 + "abcd").v1.reporting.report_runs.list()

    assert refused.value.http_status == 401
    assert refused.value.user_message == "Invalid API Key provided: sk_test_****************abcd"


def test_a_publishable_key_is_an_authentication_error(customer: Customer) -> None:
    with pytest.raises(stripe.AuthenticationError, match="publishable"):
        client_of(customer, "pk_test_" + "0" * 24).v1.reporting.report_runs.list()


def test_a_restricted_key_without_the_permission_is_a_permission_error(customer: Customer) -> None:
    with pytest.raises(stripe.PermissionError, match="does not have the required permissions") as refused:
        client_of(customer, customer.restricted_key).v1.reporting.report_runs.list()

    assert refused.value.http_status == 403


def test_a_restricted_key_does_what_it_may(customer: Customer, run: Any) -> None:
    file = client_of(customer, customer.restricted_key).v1.files.retrieve(run.result.id)

    assert file.id == run.result.id


# ---------------------------------------------------------------- modes, and other ways in


def test_test_and_live_data_are_apart(test: stripe.StripeClient, customer: Customer, run: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such report_run"):
        test.v1.reporting.report_runs.retrieve(run.id)
    with pytest.raises(stripe.InvalidRequestError, match="No such file"):
        test.v1.files.retrieve(run.result.id)

    tested = finished(test, create(test, columns=COLUMNS).id)

    assert not tested.livemode
    content = httpx.get(tested.result.url, auth=(customer.test_key, ""), follow_redirects=True).content
    assert rows(content) == [COLUMNS, ["txn_t", "0.47", "o-txn_t"]]


def test_the_module_s_own_interface_works(
    customer: Customer, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "api_key", customer.live_key)
    monkeypatch.setattr(stripe, "api_base", customer.base_url)

    assert stripe.reporting.ReportRun.retrieve(run.id).result.id == run.result.id  # type: ignore[union-attr]
    assert stripe.reporting.ReportType.retrieve("balance.summary.1").version == 1


def test_the_asynchronous_interface_works(customer: Customer, run: Any) -> None:
    async def retrieved() -> Any:
        connections = stripe.HTTPXClient()
        client = client_of(customer, customer.live_key, http_client=connections)
        try:
            return await client.v1.reporting.report_runs.retrieve_async(run.id)
        finally:
            await connections.close_async()  # type: ignore[no-untyped-call]

    assert asyncio.run(retrieved()).result.id == run.result.id
