"""DuckDB sessions, and the first of the two walls around report SQL.

Wall 1 is here: a locked session opens the files of its run by their exact paths and nothing else. Wall 2 is
the session policy of `engine.credentials`: S3 itself refuses what belongs to another organisation or mode.
`allowed_directories` is not used: under it `s3://lake/x/org_a/../org_b/1.parquet` can be read (DuckDB 1.5.5).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import duckdb
import duckdb_extension_httpfs

from runsheet.runtime import clients

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runsheet.engine.credentials import LakeCredentials

_MEGABYTE = 1024 * 1024
# What Python, boto3, DuckDB's own code and the parts on their way to S3 take beside DuckDB's memory limit.
_REST_OF_THE_PROCESS = 320 * _MEGABYTE
_LEAST_MEMORY = 128 * _MEGABYTE
# More than this is never needed to stream, and would only be filled before spilling begins.
_MOST_MEMORY = 4096 * _MEGABYTE
_MEMORY_OUTSIDE_LAMBDA = 512 * _MEGABYTE

# How COPY writes a Parquet file. zstd's level 1 takes a third less processor time than its usual 3, for no more bytes.
PARQUET = "format parquet, compression zstd, compression_level 1, use_tmp_file false"

# Threads that read files from S3: they wait for it more than they compute, for 45 MB of memory.
READERS = 8
# A file of fewer bytes is read in one request: for its end, its columns and its length it would take four.
_READ_AT_ONCE = 1024 * 1024

# Set once this process has loaded httpfs with its signature checked. The file is in the function's own read-only layer,
# and to hash its 21 MB for each session would take 70 ms of two processors.
_signature_checked = threading.Event()

# httpfs takes these from the environment when it is loaded; current_setting() would show them to report SQL.
_ENVIRONMENT_CREDENTIALS = ("s3_access_key_id", "s3_secret_access_key", "s3_session_token")


@contextmanager
def connect(
    *,
    memory_bytes: int | None = None,
    threads: int | None = None,
    directory: Path | None = None,
    remote: bool = True,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory database with httpfs, closed and its spill files removed afterwards.

    Args:
        memory_bytes: DuckDB's memory limit; by default what the Lambda's memory leaves for it.
        threads: by default one per processor.
        directory: where to make the spill directory; by default /tmp.
        remote: whether S3 can be read: httpfs takes 0.1 s to load, and a session without it is a wall by itself.

    Yields:
        The connection. Nothing is installed or loaded by itself, Python's variables are not tables, and the
        worker's own AWS credentials are not in it. It is not locked: call `lock` before report SQL.
    """
    spill = Path(tempfile.mkdtemp(prefix="spill-", dir=directory))
    try:
        connection = duckdb.connect(
            config={
                "memory_limit": f"{(memory_bytes or memory_limit()) // 1024}KiB",
                "threads": threads or os.cpu_count() or 1,
                "temp_directory": str(spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "allow_unsigned_extensions": remote and _signature_checked.is_set(),
                "allow_persistent_secrets": False,
                "python_enable_replacements": False,
                # The cache of remote files grows to a gigabyte, for files that are read once.
                "enable_external_file_cache": False,
                "preserve_insertion_order": True,
            }
        )
        try:
            if remote:
                _load_httpfs(connection)
            yield connection
        finally:
            connection.close()
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def attach_lake(
    connection: duckdb.DuckDBPyConnection, credentials: LakeCredentials, *, bucket: str | None = None
) -> None:
    """Give the session the credentials of one tenant, for the lake's objects only.

    Args:
        connection: a session that is not locked yet.
        credentials: of one organisation and mode; they say themselves whether they may write.
        bucket: the lake's bucket; by default that of the credentials.
    """
    options = {
        "key_id": literal(credentials.access_key_id),
        "secret": literal(credentials.secret_access_key),
        "session_token": literal(credentials.session_token),
        "region": literal(credentials.region),
        "scope": literal(f"s3://{bucket or credentials.bucket}/lake/"),
    }
    endpoint = clients.s3_endpoint()
    if endpoint:
        address = urlsplit(endpoint)
        options |= {
            "endpoint": literal(address.netloc),
            "url_style": "'path'",
            "use_ssl": "true" if address.scheme == "https" else "false",
        }
    listed = ", ".join(f"{name} {value}" for name, value in options.items())
    connection.execute(f"create or replace secret lake (type s3, {listed})")


@contextmanager
def in_any_order(connection: duckdb.DuckDBPyConnection, threads: int) -> Iterator[None]:
    """Let statements give rows in any order, with so many threads; then as before. Not in a locked session."""
    before = {
        name: connection.execute(f"select current_setting('{name}')").fetchall()[0][0]
        for name in ("threads", "preserve_insertion_order")
    }
    connection.execute(f"set global threads = {threads}")
    connection.execute("set global preserve_insertion_order = false")
    yield
    for name, value in before.items():
        connection.execute(f"set global {name} = {value}")


def lock(connection: duckdb.DuckDBPyConnection, allowed_paths: Iterable[str]) -> None:
    """Raise wall 1: from here on the session reads and writes exactly `allowed_paths`, for good.

    The session's own spill directory stays readable, which DuckDB cannot be told to hide: it is made for this
    session, and holds nothing but what this session put there.
    """
    listed = ", ".join(literal(path) for path in allowed_paths)
    connection.execute(f"set global allowed_paths = [{listed}]")
    connection.execute("set global enable_external_access = false")
    connection.execute("set global lock_configuration = true")


def literal(text: str) -> str:
    """Return `text` as an SQL string literal."""
    if "\0" in text:
        raise ValueError("a literal cannot hold a NUL character")
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def memory_limit() -> int:
    """Return the bytes that DuckDB may use in this process."""
    megabytes = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    if megabytes is None:
        return _MEMORY_OUTSIDE_LAMBDA
    return min(max(int(megabytes) * _MEGABYTE - _REST_OF_THE_PROCESS, _LEAST_MEMORY), _MOST_MEMORY)


def _load_httpfs(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"load {literal(str(_httpfs()))}")
    _signature_checked.set()
    for setting in _ENVIRONMENT_CREDENTIALS:
        connection.execute(f"set global {setting} = ''")
    # Each file would else have connections of its own, to S3 with a handshake each.
    connection.execute("set global httpfs_connection_caching = true")
    connection.execute(f"set global force_download_threshold = {_READ_AT_ONCE}")
    # An upload has at most 10,000 parts: this makes them of 8 MiB.
    connection.execute("set global s3_uploader_max_filesize = '80GB'")
    connection.execute("set global s3_uploader_thread_limit = 4")


def _httpfs() -> Path:
    folder = Path(duckdb_extension_httpfs.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    return folder / "httpfs.duckdb_extension"
