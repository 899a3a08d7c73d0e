"""Connections to S3 are kept between files, and one that S3 has closed in the meantime is opened anew."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from runsheet.engine import session
from runsheet.engine.credentials import LakeCredentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = 6
_IDLE_SECONDS = 0.3


class Server(ThreadingHTTPServer):
    """Has one object at every address, and closes a connection that is idle."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", '"1"')
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.server.content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    path = tmp_path / "one.parquet"
    duckdb.sql(f"copy (select 42 as x) to '{path}' (format parquet)")
    server = Server(path.read_bytes())
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def connection(server: Server) -> Iterator[duckdb.DuckDBPyConnection]:  # noqa: ARG001 - it must be there
    with session.connect(threads=1) as connection:
        later = datetime(2099, 1, 1, tzinfo=UTC)
        session.attach_lake(connection, LakeCredentials("id", "secret", "token", "eu-west-1", "lake", later))
        yield connection


def total(connection: duckdb.DuckDBPyConnection) -> int:
    paths = ", ".join(f"'s3://lake/lake/{number}.parquet'" for number in range(FILES))
    return int(connection.execute(f"select sum(x) from read_parquet([{paths}])").fetchall()[0][0])


def test_many_files_are_read_over_few_connections(
    server: Server, connection: duckdb.DuckDBPyConnection
) -> None:
    assert total(connection) == 42 * FILES
    assert server.connections <= 2


def test_a_connection_that_was_closed_is_opened_anew(
    server: Server, connection: duckdb.DuckDBPyConnection
) -> None:
    total(connection)
    before = server.connections
    time.sleep(2 * _IDLE_SECONDS)
    assert total(connection) == 42 * FILES
    assert server.connections > before
