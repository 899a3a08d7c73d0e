"""Runs that are too large for one worker, on the stack: Athena carries them out, with the rights of their organisation."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from local.deployment import physical_ids
from runsheet import catalog, ids
from runsheet.datasets import service as datasets
from runsheet.engine import credentials, report
from runsheet.engine.credentials import LakeCredentials, query_credentials
from runsheet.engine.inputs import Inputs
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime import clients, settings
from runsheet.runtime.items import to_item
from runsheet.tenancy import Tenant
from tests.running_stack import ATHENA_ROWS
from tests.stack.uploading import uploaded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.accounts import Accounts
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

RUNS = "/v1/reporting/report_runs"
ITEMIZED = "balance_change_from_activity.itemized.3"
REPORTS = {
    ITEMIZED: {"columns": ["balance_transaction_id", "created", "gross", "currency", "description",
                           "payment_metadata[*]"], "timezone": "Europe/Vienna"},
    "balance_change_from_activity.summary.1": {},
    "balance.summary.1": {},
    "payouts.itemized.3": {},
    "ending_balance_reconciliation.itemized.4": {},
}  # fmt: skip
# The roles for the lake let themselves be assumed by roles of this name.
WORKER = "runsheet-GenerateReport-athena"


def records() -> list[dict[str, Any]]:
    """A few more than one worker takes on the stack; some are payouts, some would run in a spreadsheet."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    made = []
    for number in range(ATHENA_ROWS + 50):
        created = (first + timedelta(minutes=2 * number)).isoformat()
        pays_out = number % 100 == 99
        gross = -50_000 if pays_out else 100 + number
        made.append(
            {
                "id": f"txn_{number}", "created": created, "available_on": created, "gross": gross, "fee": 3,
                "net": gross - 3, "currency": "jpy" if number % 7 == 0 else "usd",
                "reporting_category": "payout" if pays_out else "charge",
                "description": f'=Order "{number}",\nsecond line' if number % 3 else None,
                "payment_metadata": {"order": f"o-{number}"} if number % 2 else None,
                "payout_id": f"po_{number}" if pays_out else None,
                "payout_effective_at": created if pays_out else None,
            }
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def organisation(accounts: Accounts) -> Organisation:
    return accounts.create(NewOrganisation("Large", "Europe/Vienna"))


@pytest.fixture(scope="module")
def api(organisation: Organisation, place: Place) -> Iterator[httpx.Client]:
    """The API with a test key of an organisation that has more records than one worker takes."""
    headers = {"Authorization": f"Bearer {organisation.test_key}"}
    with httpx.Client(base_url=place.base_url, headers=headers, timeout=60) as client:
        upload = uploaded(client, "\n".join(map(json.dumps, records())).encode(), "ndjson")
        assert upload["status"] == "succeeded", upload
        yield client


@pytest.fixture
def root(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process as the stack's root user, with the environment of a report worker."""
    stack = physical_ids(place)
    for name, value in (
        place.aws_environment()
        | {"LAKE_BUCKET": stack["LakeBucket"], "DATASETS_TABLE": stack["DatasetsTable"]}
        | {"LAKE_ROLE_ARN": "arn:aws:iam::000000000000:role/none"}
    ).items():
        monkeypatch.setenv(name, value)
    forget()
    yield
    forget()


def forget() -> None:
    settings.settings.cache_clear()
    clients.forget()
    credentials._cache.clear()


def ended(api: httpx.Client, report_type: str, **parameters: Any) -> dict[str, Any]:
    """Create a run, and return it when it has ended."""
    data: dict[str, Any] = {"report_type": report_type, "parameters[interval]": "2026-01"}
    for name, value in parameters.items():
        data[f"parameters[{name}]" + ("[]" if isinstance(value, list) else "")] = value
    answer = api.post(RUNS, data=data)
    assert answer.status_code == 200, answer.text
    run: dict[str, Any] = answer.json()
    until = time.monotonic() + 120
    while run["status"] == "pending" and time.monotonic() < until:
        run = api.get(f"{RUNS}/{run['id']}", params={"wait": 10}).json()
    return run


def by_duckdb(place: Place, monkeypatch: pytest.MonkeyPatch, tenant: Tenant, run: dict[str, Any]) -> bytes:
    """Return the CSV of the same run as DuckDB makes it of the same files."""
    everything = LakeCredentials(
        access_key_id=place.aws_environment()["AWS_ACCESS_KEY_ID"],
        secret_access_key=place.aws_environment()["AWS_SECRET_ACCESS_KEY"],
        session_token="",
        region=place.aws_environment()["AWS_REGION"],
        bucket=physical_ids(place)["LakeBucket"],
        expires=datetime.now(UTC) + timedelta(hours=1),
    )
    monkeypatch.setattr(report, "lake_credentials", lambda _: everything)
    report_type = catalog.report_type(run["report_type"])
    snapshots = {name: datasets.snapshot(tenant, name) for name in report_type.reads}
    with report.prepared(tenant, Inputs(report_type, report_type.bind(run["parameters"]), snapshots)) as (
        made,
        connection,
    ):
        return made.header() + b"".join(path.read_bytes() for path, _ in made.render(connection))


@pytest.mark.parametrize("report_type", REPORTS)
@pytest.mark.usefixtures("root")
def test_a_large_run_has_the_result_that_a_worker_would_give_byte_for_byte(
    report_type: str,
    api: httpx.Client,
    organisation: Organisation,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = ended(api, report_type, **REPORTS[report_type])
    assert run["status"] == "succeeded", run["error"]
    assert run["manifest"]["engine"] == "athena"
    contents = api.get(f"/v1/files/{run['result']['id']}/contents", follow_redirects=True)
    assert contents.status_code == 200
    assert contents.content == by_duckdb(place, monkeypatch, Tenant(organisation.id, "test"), run)
    assert run["row_count"] > 0


def test_nothing_of_athenas_stays_and_what_it_scanned_is_counted(
    api: httpx.Client, organisation: Organisation, place: Place
) -> None:
    run = ended(api, "balance.summary.1", refresh="true")
    assert run["manifest"]["engine"] == "athena"
    stack, session, endpoint = physical_ids(place), place.session(), place.aws_endpoint_url
    s3 = session.client("s3", endpoint_url=endpoint)
    until = time.monotonic() + 20
    while s3.list_objects_v2(Bucket=stack["ResultsBucket"], Prefix="athena/")["KeyCount"]:
        assert time.monotonic() < until
        time.sleep(0.5)
    key = {"id": {"S": f"scanned#{organisation.id}#{datetime.now(UTC).date().isoformat()}"}}
    dynamodb = session.client("dynamodb", endpoint_url=endpoint)
    counted = dynamodb.get_item(TableName=stack["RateLimitsTable"], Key=key)["Item"]
    assert int(counted["scanned"]["N"]) > 0


def test_a_run_below_the_threshold_stays_with_its_worker(api: httpx.Client) -> None:
    run = ended(api, "balance_change_from_activity.summary.1", interval="2026-01-05")
    assert run["manifest"]["engine"] == "duckdb"


@pytest.fixture
def worker(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process in the place of a report worker: its role's credentials and its environment."""
    stack, endpoint = physical_ids(place), place.aws_endpoint_url
    account = place.session().client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    role = f"arn:aws:iam::{account}:role/{stack['LakeQueryRole']}"
    iam = place.session().client("iam", endpoint_url=endpoint)
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
    }
    iam.create_role(RoleName=WORKER, AssumeRolePolicyDocument=policy(trust))
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    iam.put_role_policy(RoleName=WORKER, PolicyName="query", PolicyDocument=policy(allowed))
    sts = place.session().client("sts", endpoint_url=endpoint)
    given = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{WORKER}", RoleSessionName="worker")[
        "Credentials"
    ]
    for name, value in (
        place.aws_environment()
        | {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
            "LAKE_BUCKET": stack["LakeBucket"],
            "LAKE_QUERY_ROLE_ARN": role,
        }
    ).items():
        monkeypatch.setenv(name, value)
    forget()
    yield
    forget()


@pytest.mark.usefixtures("worker", "api")
def test_a_query_reads_no_other_organisations_files_whatever_its_sql_says(
    organisation: Organisation, accounts: Accounts, place: Place
) -> None:
    """The partition is named by the SQL; the files are opened with the credentials of the one who starts the query."""
    stack = physical_ids(place)
    athena = place.session().client("athena", endpoint_url=place.aws_endpoint_url)
    s3 = place.session().client("s3", endpoint_url=place.aws_endpoint_url)
    prefix = f"lake/balance_transactions/{organisation.id}/test/"
    paths = ", ".join(
        f"'s3://{stack['LakeBucket']}/{found['Key']}'"
        for found in s3.list_objects_v2(Bucket=stack["LakeBucket"], Prefix=prefix)["Contents"]
    )
    sql = (
        f"select count(*) as c0 from balance_transactions where lake_organisation = '{organisation.id}'"
        f" and lake_mode = 'test' and \"$path\" in ({paths})"
    )
    other = accounts.create(NewOrganisation("Other"))
    ends = {}
    for name, tenant in {
        "own": Tenant(organisation.id, "test"),
        "other mode": Tenant(organisation.id, "live"),
        "other": Tenant(other.id, "test"),
    }.items():
        given = query_credentials(tenant)
        started = boto3.client(
            "athena",
            endpoint_url=place.aws_endpoint_url,
            aws_access_key_id=given.access_key_id,
            aws_secret_access_key=given.secret_access_key,
            aws_session_token=given.session_token,
        ).start_query_execution(
            QueryString=sql,
            WorkGroup=stack["AthenaWorkGroup"],
            QueryExecutionContext={"Database": stack["LakeDatabase"]},
        )
        found = over(athena, started["QueryExecutionId"])
        ends[name] = (found["State"], "Permission denied" in found.get("StateChangeReason", ""))
    assert ends == {"own": ("SUCCEEDED", False), "other mode": ("FAILED", True), "other": ("FAILED", True)}


def test_a_run_that_is_cancelled_stops_its_query(
    api: httpx.Client, organisation: Organisation, place: Place
) -> None:
    stack, session, endpoint = physical_ids(place), place.session(), place.aws_endpoint_url
    athena = session.client("athena", endpoint_url=endpoint)
    query_id = athena.start_query_execution(
        # It takes some seconds, whatever reads it.
        QueryString="select count(*) as c0 from unnest(sequence(1, 15000)) as a(i)"
        " cross join unnest(sequence(1, 40000)) as b(j) where i * j % 1000003 = 7",
        WorkGroup=stack["AthenaWorkGroup"],
        QueryExecutionContext={"Database": stack["LakeDatabase"]},
    )["QueryExecutionId"]
    now = datetime.now(UTC)
    run_id = ids.new_id("frr", now)
    seconds = int(now.timestamp())
    waiting = {
        "tenant": f"{organisation.id}#test",
        "id": run_id,
        "report_type": "balance.summary.1",
        "parameters": {"interval_end": 1769904000, "interval_start": 1767225600},
        "created": seconds,
        "deadline": seconds + 3600,
        "expires_at": seconds + 86400,
        "status": "pending",
        "attempts": 0,
        "progress": 0,
        "query_id": query_id,
    }
    dynamodb = session.client("dynamodb", endpoint_url=endpoint)
    dynamodb.put_item(TableName=stack["ReportRunsTable"], Item=to_item(waiting))
    answer = api.post(f"{RUNS}/{run_id}/cancel")
    assert (answer.status_code, answer.json()["error_code"]) == (200, "cancelled")
    assert over(athena, query_id)["State"] == "CANCELLED"


def over(athena: Any, query_id: str) -> dict[str, Any]:
    """Return the status of a query when it is over."""
    until = time.monotonic() + 60
    while True:
        status: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"][
            "Status"
        ]
        if status["State"] not in {"QUEUED", "RUNNING"}:
            return status
        assert time.monotonic() < until
        time.sleep(0.2)


def policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
