"""A key's bucket of requests, emptied as so many requests empty it: the machine of the tests need not be fast."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from local.deployment import physical_ids
from runsheet import tokens
from runsheet.runtime.items import from_item, to_item

if TYPE_CHECKING:
    from local.place import Place

_PER_SECOND = 100  # of the local stack, and as many at once (local/deployment.py)


def empty_bucket(place: Place, key: str, *, for_seconds: float) -> None:
    """Have the key's requests refused for some seconds."""
    stack = physical_ids(place)
    table = place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)
    secret_hash = to_item({"secret_hash": tokens.hash_of(key)})
    item = from_item(table.get_item(TableName=stack["ApiKeysTable"], Key=secret_hash)["Item"])
    # A request passes while the bucket is full again within the time that all its tokens but one take.
    full_at = time.time() + for_seconds + (_PER_SECOND - 1) / _PER_SECOND
    bucket = {"id": f"rate#v1#{item['id']}", "full_at": int(full_at * 1_000_000)}
    table.put_item(TableName=stack["RateLimitsTable"], Item=to_item(bucket))
