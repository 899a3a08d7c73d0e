"""Records sent in the body of a request: the same way into the lake as an upload, in one call."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runsheet import ids
from runsheet.datasets import faults, schema
from runsheet.datasets.batch_ids import checked_batch_id
from runsheet.datasets.ingest import Incoming, content_hash, ingest
from runsheet.datasets.model import BadRow, RecordsRefused
from runsheet.datasets.objects import BatchObject, DeletedRecord
from runsheet.errors import InvalidRequest, UnsupportedMedia
from runsheet.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.datasets.model import Batch
    from runsheet.tenancy import Tenant

_JSON, _NDJSON = "application/json", "application/x-ndjson"
_SPACE = re.compile(r"[ \t\n\r]*")


def create(
    tenant: Tenant,
    dataset: str,
    body: bytes,
    *,
    content_type: str,
    batch_id: str | None,
    origin: ids.Origin | None = None,
) -> BatchObject:
    """Store the records of a JSON array or of NDJSON lines, all or none; they are visible when this returns.

    A batch without an id of its own gets one of the `origin`, so that carrying it out again changes nothing.

    Raises:
        NotFound: there is no such dataset.
        UnsupportedMedia: the body is neither.
        InvalidRequest: a record is wrong (`param` names the first, `bad_rows` up to 100), or the batch id is.
        Unavailable: too many batches are registered at once.
    """
    schema.schema(dataset)
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in {_JSON, _NDJSON}:
        raise UnsupportedMedia(
            f"Invalid content type: {faults.safe(media_type) or 'none'}. Send {_JSON} (an array of records) "
            f"or {_NDJSON} (a record in each line)."
        )
    lines = _lines(body) if media_type == _JSON else body
    try:
        taken = _batch(tenant, dataset, lines, checked_batch_id(batch_id) or _new_id(origin))
    except RecordsRefused as refused:
        raise _invalid(refused.rows) from None
    return _shown(tenant, dataset, taken)


def delete(tenant: Tenant, dataset: str, record_id: str) -> DeletedRecord:
    """Delete a record. Deleting one that is not there is no error, and repeating it changes nothing.

    Raises:
        NotFound: there is no such dataset.
        InvalidRequest: the id is none that a record can have.
    """
    described = schema.schema(dataset)
    line = json.dumps({described.key: record_id, "deleted": True}).encode()
    try:
        _batch(tenant, dataset, line, _new_id(None))
    except RecordsRefused as refused:
        raise InvalidRequest(f"Invalid id: {refused.rows[0].reason}.", param="id") from None
    return DeletedRecord(id=record_id, dataset=dataset)


def _new_id(origin: ids.Origin | None) -> str:
    return (origin or ids.Origin.fresh(clock.now())).new_id("batch")


def _batch(tenant: Tenant, dataset: str, lines: bytes, batch_id: str) -> Batch:
    with tempfile.TemporaryDirectory(prefix="records-") as directory:
        path = Path(directory) / "records.ndjson"
        path.write_bytes(lines)
        incoming = Incoming(
            path=path,
            form="ndjson",
            batch_id=batch_id,
            content_hash=content_hash(path, "ndjson"),
            is_small=True,
        )
        return ingest(tenant, dataset, incoming)


def _lines(body: bytes) -> bytes:
    """Return the records of a JSON array as lines, each as it is written: read and written anew, 0.10 would be 0.1."""
    try:
        text = body.decode("utf-8-sig")
        return "\n".join(_elements(text)).encode()
    except UnicodeDecodeError as broken:
        raise InvalidRequest(f"The body is not UTF-8: byte {broken.start + 1} cannot be read.") from None
    except RecursionError:
        raise InvalidRequest("The body is not valid JSON: it is nested too deep.") from None
    except ValueError as broken:
        raise InvalidRequest(f"The body is not valid JSON: {faults.safe(str(broken), 200)}.") from None


def _elements(text: str) -> Iterator[str]:
    """Yield the text of each element of a JSON array, on one line: a text in it cannot hold a line break.

    Raises:
        ValueError: it is not JSON, or a name is there more than once in one object.
        InvalidRequest: it is not an array.
    """
    place = _behind_space(text, 0)
    if text[place : place + 1] != "[":
        _decoder.decode(text)
        raise InvalidRequest("The body must be a JSON array of records.")
    place = _behind_space(text, place + 1)
    if text[place : place + 1] != "]":
        while True:
            _, end = _decoder.raw_decode(text, place)
            yield text[place:end].replace("\n", " ").replace("\r", " ")
            place = _behind_space(text, end)
            if text[place : place + 1] != ",":
                break
            place = _behind_space(text, place + 1)
    if text[place : place + 1] != "]":
        raise json.JSONDecodeError("Expecting ',' delimiter", text, place)
    place = _behind_space(text, place + 1)
    if place < len(text):
        raise json.JSONDecodeError("Extra data", text, place)


def _behind_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key '{repeated[:60]}' is there more than once in one object")
    return made


_decoder = json.JSONDecoder(object_pairs_hook=_without_repeats)


def _invalid(rows: tuple[BadRow, ...]) -> InvalidRequest:
    first = rows[0]
    place = "" if first.line is None else f"records[{first.line - 1}]"
    param = f"{place}.{first.column}" if place and first.column else place or None
    message = f"Invalid {param}: {first.reason}." if param else first.reason
    return InvalidRequest(
        message, param=param, code="records_invalid", details={"bad_rows": [row.as_dict() for row in rows]}
    )


def _shown(tenant: Tenant, dataset: str, batch: Batch) -> BatchObject:
    return BatchObject(
        id=batch.id,
        created=int(batch.created.timestamp()),
        dataset=dataset,
        deleted_count=batch.deleted_count,
        livemode=tenant.livemode,
        row_count=batch.row_count,
    )
