"""S3 that DuckDB can reach: moto patches boto3 in this process, and serves the same objects on a port."""

from __future__ import annotations

import atexit
import json
import logging
import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.client import BaseClient
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from runsheet.datasets import service
from runsheet.engine import credentials
from runsheet.engine.session import attach_lake, connect
from runsheet.runtime import clients
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from runsheet.tenancy import Tenant

RECORD = {
    "id": "txn_1",
    "created": "2024-03-01T10:00:00Z",
    "available_on": "2024-03-03T00:00:00Z",
    "currency": "usd",
    "gross": 1000,
    "fee": 59,
    "net": 941,
    "reporting_category": "charge",
}


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the body reach moto's S3 on a port."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{_server().port}")
    forget()
    try:
        yield
    finally:
        forget()


class _KeptAlive(WSGIRequestHandler):
    """A connection for many requests, which DuckDB makes by the hundred."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


@cache
def _server() -> BaseWSGIServer:
    """Return the server of this process, which has no state of its own."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # Not moto's own server: it looks for the service of every request in its folder of services.
    app = create_backend_app("s3")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_KeptAlive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.shutdown)
    return server


def one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto carry out one DynamoDB call after the other, as DynamoDB seems to: its own transactions are not atomic."""
    call, lock = BaseClient._make_api_call, threading.Lock()  # type: ignore[attr-defined]

    def locked(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name != "dynamodb":
            return call(client, operation, arguments)
        with lock:
            return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", locked)


def forget() -> None:
    credentials._cache.clear()
    clients.forget()


def record(**changes: Any) -> dict[str, Any]:
    """Return a good record, with changes; one that is None is left out."""
    return {name: value for name, value in (RECORD | changes).items() if value is not None}


def ndjson(*records: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(each).encode() for each in records)


def rows(tenant: Tenant, columns: str = "id", dataset: str = "balance_transactions") -> list[Any]:
    """Return what a report would see, by the rules for reading base and recent files, in the order of the key."""
    snapshot = service.snapshot(tenant, dataset)
    if not snapshot.files:
        return []
    # What no file has is NULL.
    nothing = ", ".join(f"null::{column.type} as {column.name}" for column in snapshot.schema.columns)
    each = f"select {nothing} where false union all by name " + " union all by name ".join(
        f"select *, {file.version} as _version, '{file.level}' as _level "
        f"from read_parquet('s3://{snapshot.bucket}/{file.key}')"
        for file in snapshot.files
    )
    newest = "row_number() over (partition by id order by _level desc, _version desc) = 1"
    with connect() as connection:
        attach_lake(connection, credentials.lake_credentials(tenant))
        found = connection.execute(
            f"select {columns} from (select * from ({each}) qualify {newest}) where not _deleted order by id"
        ).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


def objects(bucket: str | None = None) -> list[str]:
    answer = boto3.client("s3").list_objects_v2(Bucket=bucket or settings().lake_bucket)
    return [found["Key"] for found in answer.get("Contents", [])]
