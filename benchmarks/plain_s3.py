"""As much of S3 as an export uses, and as little work as that takes: what is put is thrown away.

An object that was put in parts is there afterwards, of the right size and of zeros, so that parts can be copied of it.

python benchmarks/plain_s3.py FOLDER [SECONDS]     # prints its address; a bucket is a subfolder of it

Every answer with a part of an object is put off by SECONDS, by default none: S3 takes some hundredths of one.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FOLDER = Path(sys.argv[1])
_DELAY = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
_BUFFER = 1 << 20
_NOWHERE = bytearray(_BUFFER)
_CREDENTIALS = b"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>bench</AccessKeyId><SecretAccessKey>bench</SecretAccessKey><SessionToken>bench</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
_INITIATED = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
_COPIED = (
    b'<CopyPartResult><ETag>"1"</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></CopyPartResult>'
)
_COMPLETED = b'<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>'


# Bytes of the parts of the object at each path.
_sizes: Counter[str] = Counter()


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; connections are kept."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_HEAD(self) -> None:
        """Say how long an object is."""
        self._send_object(body=False)

    def do_GET(self) -> None:
        """Send an object or a range of it."""
        self._send_object(body=True)

    def do_PUT(self) -> None:
        """Take an object or a part, and forget it; of a part that is copied, note how long it is."""
        address = urlsplit(self.path)
        extent = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("x-amz-copy-source-range", ""))
        if extent:
            _sizes[address.path] += int(extent[2]) - int(extent[1]) + 1
            self._answer(_COPIED)
            return
        if "partNumber" in address.query:
            _sizes[address.path] += int(self.headers.get("Content-Length", 0))
        self._discard()
        self._answer(b"", {"ETag": '"1"'})

    def do_POST(self) -> None:
        """Assume a role, begin or complete a multipart upload."""
        self._discard()
        address = urlsplit(self.path)
        if self.path == "/":
            self._answer(_CREDENTIALS)
        elif "uploads" in address.query:
            _sizes.pop(address.path, None)
            self._answer(_INITIATED)
        else:
            path = _FOLDER / unquote(address.path).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.truncate(path, _sizes.pop(address.path))
            self._answer(_COMPLETED)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def _send_object(self, *, body: bool) -> None:
        path = _FOLDER / unquote(urlsplit(self.path).path).lstrip("/")
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        time.sleep(_DELAY)
        size = path.stat().st_size
        first, last, status = 0, size - 1, 200
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted:
            first, last, status = int(wanted[1]), min(int(wanted[2] or last), last), 206
        self.send_response(status)
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        self.wfile.flush()
        if body:
            # Who asks for more than it needs hangs up.
            with path.open("rb") as file, suppress(ConnectionError):
                while first <= last:
                    first += os.sendfile(self.connection.fileno(), file.fileno(), first, last - first + 1)

    def _discard(self) -> None:
        left = int(self.headers.get("Content-Length", 0))
        if left:
            left -= len(self.rfile.read(min(left, len(self.rfile.peek()))))  # type: ignore[attr-defined]
        while left:
            # MSG_TRUNC: the kernel drops the bytes instead of copying them to us.
            dropped = self.connection.recv_into(_NOWHERE, min(left, _BUFFER), socket.MSG_TRUNC)
            if not dropped:
                break
            left -= dropped

    def _answer(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Takes connections from many threads at once: of more than wait here, a client tries again after a whole second."""

    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(f"http://localhost:{server.server_address[1]}", flush=True)
    server.serve_forever()
