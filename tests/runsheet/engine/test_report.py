"""The export as the worker calls it: S3 to S3, over moto's server."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import duckdb
import pytest

from runsheet import catalog
from runsheet.datasets.model import DataFile, Level, Snapshot
from runsheet.datasets.schema import schema
from runsheet.engine import report, session
from runsheet.engine.errors import ReportFailed
from runsheet.engine.inputs import Inputs
from runsheet.engine.run import Run
from tests.reports import cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.catalog import ReportType
    from runsheet.engine.report import Export
    from runsheet.tenancy import Tenant

ITEMIZED = catalog.report_type("balance_change_from_activity.itemized.3")
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)
GIVEN: dict[str, Any] = {"interval_start": int(START.timestamp()), "interval_end": int(END.timestamp())}


def records(count: int, first: str, *, step: int = 60, offset: int = 0, net: str = "i") -> str:
    """Return the SQL of `count` records from `first` on, `step` seconds apart, in the order of their ids."""
    return f"""(select
        printf('txn_%07d', i + {offset}) as id, timestamp '{first}' + to_seconds(i * {step}) as created,
        timestamp '{first}' + to_seconds(i * {step}) as available_on, (['usd', 'jpy', 'kwd'])[1 + i % 3] as currency,
        {net} as gross, 0 as fee, {net} as net, 'charge' as reporting_category, 'payment ' || i as description
        from range({count}) as r(i))"""


@pytest.fixture
def put(lake: None, tmp_path: Path) -> Callable[..., DataFile]:  # noqa: ARG001 - the lake must be there
    """Put a file of records into the lake."""

    def put_one(
        name: str, rows: str, *, level: Level = "base", version: int = 1, owner: str = "org_a/live"
    ) -> DataFile:
        source = cases.write("balance_transactions", rows, tmp_path / f"{name}.parquet")
        key = f"lake/balance_transactions/{owner}/{name}.parquet"
        boto3.client("s3").put_object(
            Bucket=os.environ["LAKE_BUCKET"], Key=key, Body=Path(source.path).read_bytes()
        )
        first, last = (moment and moment.replace(tzinfo=UTC) for moment in (source.first, source.last))
        return DataFile(name, key, source.rows, 1, first, last, level, version)

    return put_one


def snapshot(*files: DataFile) -> dict[str, Snapshot]:
    made = Snapshot(schema("balance_transactions"), os.environ["LAKE_BUCKET"], files, len(files))
    return {"balance_transactions": made}


def export(
    tenant: Tenant,
    snapshots: dict[str, Snapshot],
    *,
    report_type: ReportType = ITEMIZED,
    columns: list[str] | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Export:
    given = GIVEN | ({"columns": columns} if columns else {})
    return report.export(
        tenant,
        Inputs(report_type, report_type.bind(given), snapshots),
        bucket=os.environ["RESULTS_BUCKET"],
        key="results/org_a/live/run.csv",
        on_progress=on_progress,
    )


def result() -> bytes:
    answer = boto3.client("s3").get_object(
        Bucket=os.environ["RESULTS_BUCKET"], Key="results/org_a/live/run.csv"
    )
    return answer["Body"].read()


def test_a_report_is_stored_with_its_rows_size_and_digest(
    put: Callable[..., DataFile], tenant: Tenant
) -> None:
    files = [put("dsf_1", records(1000, "2024-01-01")), put("dsf_2", records(500, "2024-02-01", offset=1000))]
    done = export(tenant, snapshot(*files), columns=["balance_transaction_id", "net"])
    lines = result().decode().splitlines()
    assert lines[:4] == [
        '"balance_transaction_id","net"',
        '"txn_0000000","0.00"',
        '"txn_0000001","1"',
        '"txn_0000002","0.002"',
    ]
    assert [line[5:12] for line in lines[1:]] == [f"{n:07d}" for n in range(1500)]
    assert (done.rows, done.size) == (1500, len(result()))
    assert done.sha256 == hashlib.sha256(result()).hexdigest()


def test_a_report_without_any_file_is_its_header(lake: None, tenant: Tenant) -> None:  # noqa: ARG001
    shares: list[float] = []
    done = export(tenant, snapshot(), columns=["net"], on_progress=shares.append)
    assert result() == b'"net"\n'
    assert (done.rows, done.size, shares) == (0, 6, [1.0])


def test_what_the_sql_refuses_ends_the_run_in_its_words(put: Callable[..., DataFile], tenant: Tenant) -> None:
    refusing = ITEMIZED.sql.replace(
        "    description,",
        "    refused('rate_missing', concat('No rate\nfor ', id))::varchar as description,",
    )
    assert refusing != ITEMIZED.sql
    report_type = dataclasses.replace(ITEMIZED, sql=refusing)
    with pytest.raises(ReportFailed) as failed:
        export(tenant, snapshot(put("dsf_1", records(1, "2024-01-01"))), report_type=report_type)
    assert (failed.value.code, failed.value.message) == ("rate_missing", "No rate\nfor txn_0000000")


def test_sums_beyond_what_a_decimal_holds_end_the_run(put: Callable[..., DataFile], tenant: Tenant) -> None:
    large = ITEMIZED.sql.replace(
        "    description,", "    (gross::decimal(38, 18) * 1e30::decimal(38, 0))::varchar as description,"
    )
    assert large != ITEMIZED.sql
    report_type = dataclasses.replace(ITEMIZED, sql=large)
    with pytest.raises(ReportFailed) as failed:
        export(tenant, snapshot(put("dsf_1", records(2, "2024-01-01"))), report_type=report_type)
    assert failed.value.code == "amounts_too_large"


def test_many_parts_are_sent_in_order_and_each_is_told(
    put: Callable[..., DataFile], tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """120,000 rows of 150 bytes: several parts of an upload, more parts of the interval than workers."""
    files = [
        put("dsf_1", records(60_000, "2024-01-01", step=30)),
        put("dsf_2", records(60_000, "2024-02-01", step=30, offset=60_000)),
    ]
    monkeypatch.setattr(report, "rows_per_part", lambda *_: 9_000)
    shares: list[float] = []
    done = export(tenant, snapshot(*files), on_progress=shares.append)
    lines = result().decode().splitlines()
    assert done.size > 2 * 8 * 1024 * 1024
    assert [line[1:12] for line in lines[1:]] == [f"txn_{n:07d}" for n in range(120_000)]
    assert len(shares) >= 14
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_files_in_order_give_the_same_as_a_sort(
    put: Callable[..., DataFile], tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [
        put("dsf_1", records(80_000, "2024-01-01", step=30)),
        put("dsf_2", records(60_000, "2024-02-01", step=30, offset=80_000)),
    ]
    export(tenant, snapshot(*files), columns=["balance_transaction_id", "created", "net"])
    kept = result()
    monkeypatch.setattr(Run, "_keeps_order", lambda *_: False)
    export(tenant, snapshot(*files), columns=["balance_transaction_id", "created", "net"])
    assert kept == result()
    assert kept.count(b"\n") == 140_001


def test_newer_versions_in_recent_files_are_in_their_place(
    put: Callable[..., DataFile], tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "rows_per_part", lambda *_: 500)
    deletion = "(select 'txn_0000002' as id, null::timestamp as created, true as _deleted)"
    files = [
        put("dsf_5", records(2, "2024-01-15", offset=0, net="100"), level="recent", version=5),
        put("dsf_1", records(3000, "2024-01-01")),
        put("dsf_4", records(3, "2024-01-20", offset=0, net="7"), level="recent", version=4),
        put("dsf_3", deletion, level="recent", version=6),
    ]
    done = export(tenant, snapshot(*files), columns=["created", "balance_transaction_id", "net"])
    lines = result().decode().splitlines()[1:]
    assert done.rows == len(lines) == 2999
    assert lines == sorted(lines)
    assert [line for line in lines if "txn_0000000" in line] == ['"2024-01-15 00:00:00","txn_0000000","1.00"']
    assert [line for line in lines if "txn_0000001" in line] == ['"2024-01-15 00:01:00","txn_0000001","100"']
    assert not [line for line in lines if "txn_0000002" in line]


def test_a_report_that_is_about_another_time_is_made_of_the_records_that_it_has_rows_of(
    put: Callable[..., DataFile], tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third record of three months is carried by payouts of the second month."""
    monkeypatch.setattr(report, "rows_per_part", lambda *_: 500)
    carried = (
        "case when i % 3 = 0 then 'po_' || i % 2 end as automatic_payout_id,"
        " timestamp '2024-02-10' as automatic_payout_effective_at"
    )

    def lines(count: int, first: str, **given: Any) -> str:
        return records(count, first, **given).replace("from range(", f", {carried} from range(")

    files = [
        put("dsf_1", lines(3000, "2024-01-01")),
        put("dsf_2", lines(3000, "2024-02-01", offset=3000)),
        put("dsf_3", lines(3000, "2024-03-01", offset=6000)),
        put("dsf_4", lines(4, "2024-01-01", net="700"), level="recent", version=4),
    ]
    reconciliation = catalog.report_type("payout_reconciliation.itemized.5")
    shares: list[float] = []
    columns = ["created_utc", "balance_transaction_id", "automatic_payout_id", "net"]
    monkeypatch.setitem(GIVEN, "interval_start", int(datetime(2024, 2, 1, tzinfo=UTC).timestamp()))
    monkeypatch.setitem(GIVEN, "interval_end", int(datetime(2024, 3, 1, tzinfo=UTC).timestamp()))
    done = export(
        tenant, snapshot(*files), report_type=reconciliation, columns=columns, on_progress=shares.append
    )
    rows = [line.split(",") for line in result().decode().splitlines()[1:]]
    assert done.rows == len(rows) == 3000
    assert rows == sorted(rows)
    assert [row[1] for row in rows] == [f'"txn_{n:07d}"' for n in range(0, 9000, 3)]
    assert rows[0][3] == '"7.00"'
    assert len(shares) >= 6
    assert shares[-1] == 1.0


def test_a_file_that_is_not_the_tenants_is_refused(put: Callable[..., DataFile], tenant: Tenant) -> None:
    own = put("dsf_1", records(1, "2024-01-01"))
    for owner in ("org_b/live", "org_a/test", "org_ab/live"):
        other = put("dsf_2", records(1, "2024-01-01"), owner=owner)
        with pytest.raises(ValueError, match="is not under lake/balance_transactions/org_a/live/"):
            export(tenant, snapshot(own, other))


@pytest.mark.parametrize("name", ["../../org_b/live/dsf_1", "*", "dsf_[12]", "dsf_?"])
def test_a_key_that_is_a_pattern_is_refused(lake: None, tenant: Tenant, name: str) -> None:  # noqa: ARG001
    key = f"lake/balance_transactions/org_a/live/{name}.parquet"
    with pytest.raises(ValueError, match="not the key of a data file"):
        export(tenant, snapshot(DataFile("dsf_1", key, 1, 1, START, END, "base", 1)))


@pytest.mark.parametrize(
    "read",
    [
        "read_parquet('s3://{lake}/lake/balance_transactions/org_b/live/dsf_2.parquet')",
        "read_parquet('s3://{lake}/lake/balance_transactions/org_a/live/../../org_b/live/dsf_2.parquet')",
        "read_parquet('s3://{lake}/lake/balance_transactions/*/live/*.parquet')",
        "read_csv('/etc/hostname')",
        "read_text('{endpoint}')",
    ],
)
def test_sql_of_a_report_type_that_reads_elsewhere_fails_and_stores_nothing(
    put: Callable[..., DataFile], tenant: Tenant, read: str
) -> None:
    own = put("dsf_1", records(1, "2024-01-01"))
    put("dsf_2", records(1, "2024-01-01"), owner="org_b/live")
    path = read.format(lake=os.environ["LAKE_BUCKET"], endpoint=os.environ["AWS_ENDPOINT_URL_S3"])
    sql = f"select count(*) as count, 'x' as currency from balance_transactions, {path}"
    hostile = dataclasses.replace(
        catalog.report_type("balance_change_from_activity.summary.1"), sql=sql, order_by="count"
    )
    with pytest.raises(duckdb.PermissionException):
        export(tenant, snapshot(own), report_type=hostile, columns=["count"])
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=os.environ["RESULTS_BUCKET"])


def test_a_lost_lease_ends_the_export_and_leaves_nothing(
    put: Callable[..., DataFile], tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(report, "rows_per_part", lambda *_: 5_000)
    files = [put("dsf_1", records(60_000, "2024-01-01", step=30))]

    def lose(share: float) -> None:
        assert list(scratch.iterdir())
        if share > 0.7:
            raise RuntimeError("the lease is lost")

    with pytest.raises(RuntimeError, match="lease"):
        export(tenant, snapshot(*files), on_progress=lose)
    s3 = boto3.client("s3")
    assert "Contents" not in s3.list_objects_v2(Bucket=os.environ["RESULTS_BUCKET"])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=os.environ["RESULTS_BUCKET"])
    assert not list(scratch.iterdir())


def test_a_run_that_needs_more_memory_than_there_is_fails_in_words(
    put: Callable[..., DataFile], tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = put("dsf_1", records(10, "2024-01-01"))
    greedy = dataclasses.replace(
        catalog.report_type("balance_change_from_activity.summary.1"),
        sql="select count(distinct repeat(md5(i::varchar), 1000)) as count"
        " from balance_transactions, range(9000000) as r(i)",
        order_by="count",
    )
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    monkeypatch.setattr(session, "_MOST_MEMORY", 30_000_000)
    with pytest.raises(ReportFailed) as failed:
        export(tenant, snapshot(own), report_type=greedy, columns=["count"])
    assert failed.value.code == "result_too_large"
    assert "/" not in failed.value.message


def test_base_files_outside_the_interval_are_not_opened(put: Callable[..., DataFile], tenant: Tenant) -> None:
    inside = put("dsf_1", records(10, "2024-01-01"))
    gone = [
        dataclasses.replace(
            inside, id="dsf_0", key=inside.key.replace("dsf_1", "dsf_0"), first=first, last=last
        )
        for first, last in [
            (datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC)),
            (END, datetime(2024, 5, 1, tzinfo=UTC)),
        ]
    ]
    assert export(tenant, snapshot(inside, *gone)).rows == 10
    summary = catalog.report_type("balance.summary.1")
    assert export(tenant, snapshot(inside, gone[1]), report_type=summary).rows == 12
    with pytest.raises(duckdb.Error):
        export(tenant, snapshot(inside, gone[0]), report_type=summary)
