"""Athena in place of AWS's, for what moto's does not do: one query of a token, results, failures, and who has started it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from local import athena_execution
from runsheet.datasets import schema
from runsheet.runtime.settings import settings
from tests import lake as lakes

if TYPE_CHECKING:
    import pytest


@dataclass
class Query:
    """What was asked for, and how it stands."""

    id: str
    arguments: dict[str, Any]
    state: str = "RUNNING"
    reason: str = ""
    scanned: int = 0


@dataclass
class Athena:
    """Takes the calls of every Athena client while it is installed.

    Attributes:
        queries: that were started, by id.
        calls: the operations that were asked for, in order.
    """

    queries: dict[str, Query] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every client call this one."""
        call = BaseClient._make_api_call  # type: ignore[attr-defined]

        def called(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            if client.meta.service_model.service_name != "athena":
                return call(client, operation, arguments)
            self.calls.append(operation)
            return getattr(self, operation)(**arguments)

        monkeypatch.setattr(BaseClient, "_make_api_call", called)

    @property
    def only(self) -> Query:
        """The one query that was started."""
        (query,) = self.queries.values()
        return query

    def succeed(self, query: Query, result: bytes, *, scanned: int = 0) -> None:
        """End a query with an object for its result."""
        query.state, query.scanned = "SUCCEEDED", scanned
        for name, body in ((f"athena/{query.id}.csv", result), (f"athena/{query.id}.csv.metadata", b"")):
            boto3.client("s3").put_object(Bucket=settings().results_bucket, Key=name, Body=body)

    def carry_out(self, query: Query) -> None:
        """Run a query in DuckDB over what the lake has, and end it as Athena would."""
        sql = query.arguments["QueryString"]
        with tempfile.TemporaryDirectory() as folder:
            tables = {name: _table(name, sql, Path(folder)) for name in schema.schemas() if name in sql}
            parameters = query.arguments.get("ExecutionParameters", [])
            self.succeed(query, b"".join(athena_execution.execute(sql, parameters, tables)))

    def StartQueryExecution(self, **arguments: Any) -> dict[str, Any]:  # noqa: N802 - as Athena calls it
        token = arguments["ClientRequestToken"]
        assert 32 <= len(token) <= 128
        for query in self.queries.values():
            if query.arguments["ClientRequestToken"] == token:
                if query.arguments != arguments:
                    raise _refusal("StartQueryExecution", "Idempotent parameters do not match")
                return {"QueryExecutionId": query.id}
        query = Query(f"query-{len(self.queries) + 1}", arguments)
        self.queries[query.id] = query
        return {"QueryExecutionId": query.id}

    def GetQueryExecution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N802, N803
        query = self.queries.get(QueryExecutionId)
        if query is None:
            raise _refusal("GetQueryExecution", "QueryExecution was not found")
        status: dict[str, Any] = {"State": query.state, "StateChangeReason": query.reason}
        if query.state == "FAILED":
            status["AthenaError"] = {"ErrorCategory": 2, "ErrorType": 1}
        return {"QueryExecution": {"Status": status, "Statistics": {"DataScannedInBytes": query.scanned}}}

    def StopQueryExecution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N802, N803
        query = self.queries[QueryExecutionId]
        if query.state == "RUNNING":
            query.state, query.reason = "CANCELLED", "Query was cancelled by user"
        return {}


def _table(name: str, sql: str, folder: Path) -> athena_execution.Table:
    columns = {column.name: column.type for column in schema.schema(name).columns} | {"_deleted": "BOOLEAN"}
    files = {}
    bucket, s3 = settings().lake_bucket, boto3.client("s3")
    for key in lakes.objects(bucket):
        _, dataset, organisation, mode, file = key.split("/")
        if dataset == name and file in sql:
            path = folder / f"{name}-{file}"
            path.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            partition = {"lake_organisation": organisation, "lake_mode": mode}
            files[f"s3://{bucket}/{key}"] = athena_execution.File(path, partition)
    return athena_execution.Table(columns, files)


def _refusal(operation: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": "InvalidRequestException", "Message": message}}, operation)
