"""The parts of Athena that the emulator does not have: Trino's SQL, Glue's partition projection, rights, limits and events.

A query reads with the rights of its caller: every table, file and the result are asked of IAM, as they are in AWS. It cannot
be interrupted: one that is stopped runs to its end, and what it made is thrown away.
"""

# ruff: noqa: SLF001 - the emulator's services have no other names for what they do

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import athena, eventbridge, glue, s3

from local import athena_execution
from local.athena_execution import File, StatementFailed, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = {"string": "VARCHAR", "map<string,string>": "MAP(VARCHAR, VARCHAR)"}


@dataclass(frozen=True, slots=True)
class _Call:
    """What a query was started with, beside its text."""

    access_key_id: str
    parameters: tuple[str, ...]


class _Stopped(Exception):
    """The query has scanned more than its work group allows."""


_headers: ContextVar[dict[str, str]] = ContextVar("athena_headers")
# A task has a copy of its starter's: the execution of a query finds what it was started with.
_call: ContextVar[_Call] = ContextVar("athena_call")
_by_token: dict[str, tuple[dict[str, Any], str]] = {}


def install() -> None:
    """Give the emulator's Athena these parts."""
    handle, start, stop = athena.handle_request, athena._start_query_execution, athena._stop_query_execution

    async def handle_request(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:  # noqa: ANN401
        _headers.set(headers)
        return await handle(method, path, headers, body, query)

    def start_query_execution(data: dict[str, Any]) -> Any:  # noqa: ANN401 - the emulator's answers
        token = data.get("ClientRequestToken")
        if token in _by_token:
            known, query_id = _by_token[token]
            if known != data:
                message = "Idempotent parameters do not match"
                return error_response_json("InvalidRequestException", message, 400)
            return athena.json_response({"QueryExecutionId": query_id})
        if data.get("WorkGroup") not in athena._workgroups:
            return error_response_json("InvalidRequestException", "WorkGroup is not found.", 400)
        parameters = tuple(data.get("ExecutionParameters", ()))
        _call.set(_Call(extract_access_key_id(_headers.get()), parameters))
        # What the work group says goes before what the caller says.
        status, headers, body = start(
            {key: value for key, value in data.items() if key != "ResultConfiguration"}
        )
        if status == 200 and token:
            _by_token[token] = (data, json.loads(body)["QueryExecutionId"])
        return status, headers, body

    def stop_query_execution(data: dict[str, Any]) -> Any:  # noqa: ANN401
        execution = athena._executions.get(data.get("QueryExecutionId"))
        runs = execution is not None and execution["Status"]["State"] in {"QUEUED", "RUNNING"}
        answer = stop(data)
        if runs:
            _tell(execution)
        return answer

    athena.handle_request = handle_request
    athena._start_query_execution = start_query_execution
    athena._stop_query_execution = stop_query_execution
    athena._execute_query = _execute_query


def workgroup_of(query_id: str) -> str | None:
    """Return the work group of a query, which the rights to look at it and to stop it are of; None for no query."""
    execution = athena._executions.get(query_id)
    return execution["WorkGroup"] if execution else None


async def _execute_query(
    query_id: str, sql: str, database: str, _ddl: object, _catalog: object = None
) -> None:
    execution = athena._executions[query_id]
    status = execution["Status"]
    if status["State"] != "QUEUED":
        return
    status["State"] = "RUNNING"
    try:
        body = await asyncio.to_thread(_result, execution, sql, database)
    except StatementFailed as failed:
        ended: dict[str, Any] = {"State": "FAILED", "StateChangeReason": str(failed)[:2000]}
        ended["AthenaError"] = {"ErrorCategory": 2, "ErrorType": 1, "Retryable": False}
    except _Stopped as stopped:
        ended = {"State": "CANCELLED", "StateChangeReason": str(stopped)}
    except Exception as error:  # noqa: BLE001 - a query of Athena always ends
        ended = {"State": "FAILED", "StateChangeReason": f"{type(error).__name__}: {error}"[:2000]}
        ended["AthenaError"] = {"ErrorCategory": 1, "ErrorType": 1, "Retryable": True}
    else:
        ended = {"State": "SUCCEEDED"}
    if status["State"] != "RUNNING":
        return
    if ended["State"] == "SUCCEEDED":
        location = urlparse(execution["ResultConfiguration"]["OutputLocation"])
        for key in (location.path.lstrip("/"), f"{location.path.lstrip('/')}.metadata"):
            data = b"" if key.endswith(".metadata") else body
            s3._put_object(
                location.netloc, key, data, {"content-type": "text/csv", "content-length": str(len(data))}
            )
    status |= ended | {"CompletionDateTime": int(time.time())}
    _tell(execution)


def _result(execution: dict[str, Any], sql: str, database: str) -> bytes:
    location = urlparse(execution["ResultConfiguration"]["OutputLocation"])
    _check("s3", "s3:PutObject", f"arn:aws:s3:::{location.netloc}{location.path}")
    scanned = 0
    most = int(
        athena._workgroups[execution["WorkGroup"]]["Configuration"].get("BytesScannedCutoffPerQuery", 0)
    )
    with tempfile.TemporaryDirectory(prefix="athena-") as folder:
        tables = {}
        for name in _tables_in(sql, database):
            table = _table(name, sql, database, Path(folder))
            tables[name] = table
            scanned += sum(file.path.stat().st_size for file in table.files.values())
        execution["Statistics"]["DataScannedInBytes"] = scanned
        if most and scanned > most:
            raise _Stopped("Bytes scanned limit was exceeded")
        return b"".join(athena_execution.execute(sql, _call.get().parameters, tables))


def _tables_in(sql: str, database: str) -> Iterator[str]:
    for key in glue._tables:
        name = key.removeprefix(f"{database}/")
        if name != key and re.search(rf"\b{name}\b", sql):
            yield name


def _table(name: str, sql: str, database: str, folder: Path) -> Table:
    account, region = get_account_id(), get_region()
    for action, resource in (
        ("glue:GetDatabase", f"database/{database}"),
        ("glue:GetTable", f"table/{database}/{name}"),
    ):
        _check("glue", action, f"arn:aws:glue:{region}:{account}:{resource}")
    described = glue._tables[f"{database}/{name}"]
    columns = {
        column["Name"]: _TYPES.get(column["Type"], column["Type"].upper())
        for column in described["StorageDescriptor"]["Columns"]
    }
    files: dict[str, File] = {}
    for partition in _partitions(described, sql):
        location = urlparse(
            Template(described["Parameters"]["storage.location.template"]).substitute(partition)
        )
        bucket, prefix = location.netloc, location.path.lstrip("/")
        _check("s3", "s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})
        for key in sorted(key for key in s3._buckets[bucket]["objects"] if key.startswith(prefix)):
            address = f"s3://{bucket}/{key}"
            # A file that the statement does not name is not opened: it asks for `"$path"`.
            if key.rpartition("/")[2] not in sql:
                continue
            _check("s3", "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
            path = folder / f"{name}-{len(files)}.parquet"
            path.write_bytes(s3._get_object_data(bucket, key) or b"")
            files[address] = File(path, partition)
    return Table(columns, files)


def _partitions(described: dict[str, Any], sql: str) -> Iterator[dict[str, str]]:
    """Yield the partitions that a statement is about, as Glue projects them for the constants that it names."""
    parameters = described["Parameters"]
    named: dict[str, set[str]] = {}
    for key in described["PartitionKeys"]:
        column = key["Name"]
        found = set(re.findall(rf"\"?{column}\"? = '([^']*)'", sql))
        if not found and parameters[f"projection.{column}.type"] == "injected":
            raise StatementFailed(
                f"CONSTRAINT_VIOLATION: For the injected projected partition column {column}, the WHERE clause must contain"
                " only static equality conditions, and at least one such condition must be present."
            )
        named[column] = found or set(parameters[f"projection.{column}.values"].split(","))
    first, second = named
    for one in sorted(named[first]):
        for other in sorted(named[second]):
            yield {first: one, second: other}


def _check(service: str, action: str, resource: str, context: dict[str, Any] | None = None) -> None:
    refused = iam_evaluator.enforce(
        _call.get().access_key_id,
        action,
        service,
        get_region(),
        resource_arn=resource,
        service_context=context,
    )
    if refused is not None:
        raise StatementFailed(f"Permission denied on {resource} ({action})")


def _tell(execution: dict[str, Any]) -> None:
    """Put the event of a query's end on the default bus."""
    detail = {
        "versionId": "0",
        "currentState": execution["Status"]["State"],
        "previousState": "RUNNING",
        "statementType": execution["StatementType"],
        "queryExecutionId": execution["QueryExecutionId"],
        "workgroupName": execution["WorkGroup"],
        "sequenceNumber": "3",
    }
    entry = {
        "Source": "aws.athena",
        "DetailType": "Athena Query State Change",
        "Detail": json.dumps(detail),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
