"""The parts of large results, listed beside them, so that a later run has S3 copy what has not changed.

The list of the newest result of a family is found by an item of ReusableResultsTable. It is written in the transaction that
ends the run of the result, and expires with it.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from runsheet.engine.kept_parts import KeptPart, KeptResult
from runsheet.engine.totals import Totals
from runsheet.engine.upload import Original, Piece
from runsheet.report_runs import reuse
from runsheet.runtime import clients, clock, object_failures
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runsheet.files.model import File
    from runsheet.tenancy import Tenant

SUFFIX = ".parts.json"
# S3 expires an object at midnight after its time: a run that begins now, and is tried again, is long over by then.
_LEAST_SECONDS_LEFT = 3600


def finder(tenant: Tenant, *, refresh: bool) -> Callable[[str], KeptResult | None]:
    """Return what finds the tenant's newest result of a family; nothing for a run that is to be made anew."""
    return lambda family: None if refresh else find(tenant, family, now=clock.seconds())


def find(tenant: Tenant, family: str, *, now: int) -> KeptResult | None:
    """Return the tenant's newest result of a family, by two reads; None if there is none, or not for long any more."""
    item = reuse.item(tenant, family)
    if item is None or item["expires_at"] - now < _LEAST_SECONDS_LEFT:
        return None
    bucket, key = settings().results_bucket, item["key"]
    try:
        listed = json.load(clients.s3().get_object(Bucket=bucket, Key=key + SUFFIX)["Body"])
    except ClientError as failure:
        if object_failures.is_gone(failure):
            return None
        raise
    original = Original(bucket, key, listed["etag"])
    return KeptResult(family, original, listed["size"], tuple(_part(**part) for part in listed["parts"]))


def keep(tenant: Tenant, kept: KeptResult | None, file: File) -> Sequence[Any]:
    """Put the list of a result's parts beside it; return the writes that make later runs find it, none without parts."""
    if kept is None:
        return []
    listed = {
        "etag": kept.original.etag,
        "size": kept.size,
        "parts": [_listed(part) for part in kept.parts],
    }
    clients.s3().put_object(
        Bucket=kept.original.bucket,
        Key=file.key + SUFFIX,
        Body=json.dumps(listed).encode(),
        ContentType="application/json",
    )
    return [reuse.kept_operation(tenant, kept.family, file)]


def _listed(part: KeptPart) -> dict[str, Any]:
    piece = part.piece
    return {
        "fingerprint": part.fingerprint,
        "piece": [piece.offset, piece.size, piece.crc32, piece.plain_size, piece.plain_crc32],
        "rows": part.totals.rows,
        "sums": [[*name, minor] for name, minor in part.totals.sums.items()],
    }


def _part(fingerprint: str, piece: list[int], rows: int, sums: list[tuple[str | None, str, int]]) -> KeptPart:
    added = Counter({(currency, column): minor for currency, column, minor in sums})
    return KeptPart(fingerprint, Piece(*piece), Totals(rows, added))
