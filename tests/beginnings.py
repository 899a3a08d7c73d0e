"""What many tests begin with, made once in a process: what moto's DynamoDB and S3 then hold is copied for each of them."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, TypeVar

from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")

_REGION = "eu-west-1"
# By name: what was made, and the tables and objects. Pickled, as moto clears every object that it knows of after a test.
_made: dict[str, tuple[Any, bytes]] = {}


def begin_with(name: str, make: Callable[[], Made]) -> Made:
    """Let the tables and buckets hold what `make` puts into them, and return what it returned: the same to every test.

    They must be empty until then. What is made must depend on nothing that a test has changed, but for what all tests
    change that begin with it.
    """
    tables, buckets = dynamodb_backends[ACCOUNT_ID][_REGION].tables, s3_backends[ACCOUNT_ID]["aws"].buckets
    assert not any(bucket.keys for bucket in buckets.values())
    if name not in _made:
        made = make()
        objects = [(bucket.name, list(bucket.keys.values())) for bucket in buckets.values()]
        _made[name] = made, pickle.dumps((dict(tables), objects))
        return made
    made, kept = _made[name]
    kept_tables, objects = pickle.loads(kept)  # noqa: S301 - made above
    tables.update(kept_tables)
    for bucket, found in objects:
        for one in found:
            buckets[bucket].keys[one.name] = one
    return made
