"""Wall 1: what report SQL can reach in a locked session, beside the same SQL in one that is not."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import boto3
import duckdb
import pytest

from runsheet.engine import session
from runsheet.engine.credentials import lake_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runsheet.tenancy import Tenant

OWN = "lake/balance_transactions/org_a/live/dsf_1.parquet"
OTHER = "lake/balance_transactions/org_b/live/dsf_2.parquet"
OWN_TEST = "lake/balance_transactions/org_a/test/dsf_3.parquet"

# Each reads something that is not the run's, by a way of its own; {lake} and so on are filled in below.
READS = {
    "another organisation's object": "from read_parquet('s3://{lake}/{other}')",
    "the organisation's own object in the other mode": "from read_parquet('s3://{lake}/{own_test}')",
    "a path that goes up and down again": (
        "from read_parquet('s3://{lake}/lake/balance_transactions/org_a/../org_b/live/dsf_2.parquet')"
    ),
    "another organisation's object by a pattern": "from read_parquet('s3://{lake}/lake/*/*/*/dsf_2.parquet')",
    "the names in the bucket": "from glob('s3://{lake}/lake/**')",
    "another bucket": "from read_text('s3://{results}/results/org_b/live/run.csv')",
    "its own object by a web address": "from read_parquet('{endpoint}/{lake}/{own}')",
    "another web address": "from read_text('{endpoint}/')",
    "a local file": "from read_blob('{local}')",
    "a local file as a table": "from '{local}'",
    "the environment of the process": "from read_text('/proc/self/environ')",
    "the names in a folder": "from glob('{folder}/*')",
}


@pytest.fixture
def places(lake: None, tmp_path: Path) -> dict[str, str]:  # noqa: ARG001 - the lake must be there
    """Objects of two organisations in both buckets, and a local file."""
    names = {name: os.environ[f"{name.upper()}_BUCKET"] for name in ("lake", "results")}
    local = tmp_path / "local.parquet"
    duckdb.sql(f"copy (select 42 as x) to '{local}' (format parquet)")
    for key in (OWN, OTHER, OWN_TEST):
        boto3.client("s3").put_object(Bucket=names["lake"], Key=key, Body=local.read_bytes())
    boto3.client("s3").put_object(Bucket=names["results"], Key="results/org_b/live/run.csv", Body=b"x")
    endpoint = os.environ["AWS_ENDPOINT_URL_S3"]
    keys = {"own": OWN, "other": OTHER, "own_test": OWN_TEST}
    return names | keys | {"endpoint": endpoint, "local": str(local), "folder": str(tmp_path)}


@pytest.fixture
def unlocked(places: dict[str, str], tenant: Tenant) -> Iterator[duckdb.DuckDBPyConnection]:
    with session.connect() as connection:
        session.attach_lake(connection, lake_credentials(tenant))
        # Credentials that reach every bucket, as if wall 2 had fallen: moto refuses nothing.
        endpoint = places["endpoint"].removeprefix("http://")
        connection.execute(
            f"create secret everything (type s3, key_id 'k', secret 's', region 'eu-west-1', endpoint '{endpoint}',"
            " url_style 'path', use_ssl false)"
        )
        yield connection


@pytest.fixture
def locked(unlocked: duckdb.DuckDBPyConnection, places: dict[str, str]) -> duckdb.DuckDBPyConnection:
    session.lock(unlocked, [f"s3://{places['lake']}/{OWN}", f"{places['folder']}/out.csv"])
    return unlocked


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_locked_session_does_not_read(
    locked: duckdb.DuckDBPyConnection, places: dict[str, str], read: str
) -> None:
    with pytest.raises(
        (duckdb.PermissionException, duckdb.CatalogException), match=r"disabled by configuration"
    ):
        locked.execute(read.format(**places)).fetchall()


@pytest.mark.parametrize("read", [read for name, read in READS.items() if "web address" not in name])
def test_a_session_that_is_not_locked_reads_the_same(
    unlocked: duckdb.DuckDBPyConnection, places: dict[str, str], read: str
) -> None:
    """So that the refusals are the wall's, and not a mistake in the address."""
    assert unlocked.execute(read.format(**places)).fetchall()


def test_a_locked_session_reads_and_writes_what_it_may(
    locked: duckdb.DuckDBPyConnection, places: dict[str, str]
) -> None:
    assert locked.execute(f"from read_parquet('s3://{places['lake']}/{OWN}')").fetchall() == [(42,)]
    for _ in range(2):
        locked.execute(f"copy (select 1) to '{places['folder']}/out.csv' (use_tmp_file false)")
    with pytest.raises(duckdb.PermissionException):
        locked.execute(f"copy (select 1) to '{places['folder']}/other.csv' (use_tmp_file false)")


@pytest.mark.parametrize(
    "statement",
    [
        "set enable_external_access = true",
        "set allowed_paths = ['/etc/hostname']",
        "reset allowed_paths",
        "set threads = 1",
        "attach '{local}' as other",
        "install json",
        "load '/tmp/x.duckdb_extension'",
        "copy (select 1) to 's3://{lake}/{other}' (format parquet)",
        "export database '{folder}'",
    ],
)
def test_a_locked_session_cannot_be_opened_again(
    locked: duckdb.DuckDBPyConnection, places: dict[str, str], statement: str
) -> None:
    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException, duckdb.IOException)):
        locked.execute(statement.format(**places))


@pytest.mark.usefixtures("aws")
def test_the_credentials_of_the_worker_are_not_in_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """httpfs reads them from the environment when it is loaded."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-workers-own")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-workers-token")
    with session.connect() as connection:
        settings = connection.execute("select name, value from duckdb_settings()").fetchall()
        current = connection.execute("select current_setting('s3_secret_access_key')").fetchall()
    assert "the-workers" not in str(settings)
    assert current == [("",)]


def test_the_credentials_of_the_lake_cannot_be_read_back(
    locked: duckdb.DuckDBPyConnection, tenant: Tenant
) -> None:
    credentials = lake_credentials(tenant)
    shown = str(locked.execute("from duckdb_secrets()").fetchall())
    assert credentials.secret_access_key not in shown
    assert credentials.session_token not in shown
    with pytest.raises(duckdb.InvalidInputException):
        locked.execute("from duckdb_secrets(redact = false)").fetchall()


def test_sql_cannot_read_the_environment_or_pythons_variables() -> None:
    rows = [1]
    with session.connect() as connection:
        with pytest.raises(duckdb.CatalogException):
            connection.execute("select getenv('PATH')")
        with pytest.raises(duckdb.CatalogException):
            connection.execute("from rows")
    assert rows


def test_a_session_spills_in_a_folder_of_its_own_that_is_gone_afterwards(tmp_path: Path) -> None:
    with session.connect(memory_bytes=100_000_000, directory=tmp_path) as connection:
        session.lock(connection, [])
        [(allowed,)] = connection.execute("select current_setting('allowed_directories')").fetchall()
        [spill] = tmp_path.iterdir()
        assert [path.rstrip("/") for path in allowed] == [str(spill)]
        connection.execute(
            "create table t as select md5(i::varchar) as a, md5(a) as b from range(4000000) as r(i)"
        )
        assert list(spill.iterdir())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("megabytes", "expected"), [("512", 192), ("1769", 1449), ("10240", 4096), ("128", 128), (None, 512)]
)
def test_the_memory_limit_leaves_room_for_the_rest_of_the_process(
    monkeypatch: pytest.MonkeyPatch, megabytes: str | None, expected: int
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", raising=False)
    if megabytes is not None:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", megabytes)
    assert session.memory_limit() == expected * 1024 * 1024


def test_a_literal_holds_its_text() -> None:
    assert session.literal("it's") == "'it''s'"
    with pytest.raises(ValueError, match="NUL"):
        session.literal("a\0b")


def test_the_signature_of_httpfs_is_checked_once_a_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(session, "_signature_checked", threading.Event())
    allowed = "select current_setting('allow_unsigned_extensions')"
    changed = tmp_path / "httpfs.duckdb_extension"
    content = bytearray(session._httpfs().read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    with monkeypatch.context() as patch:
        patch.setattr(session, "_httpfs", lambda: changed)
        with pytest.raises(duckdb.IOException, match="signature"), session.connect():
            pass
    with session.connect() as first:
        assert first.execute(allowed).fetchall() == [(False,)]
    with session.connect(remote=False) as without:
        assert without.execute(allowed).fetchall() == [(False,)]
    with session.connect() as second:
        assert second.execute(allowed).fetchall() == [(True,)]
        session.lock(second, ())
        # Under another name, as of what is loaded already nothing is loaded again.
        other = changed.rename(tmp_path / "other.duckdb_extension")
        with pytest.raises(duckdb.PermissionException, match="disabled"):
            second.execute(f"load '{other}'")
