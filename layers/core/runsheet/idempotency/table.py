"""IdempotencyTable: partition key `id`, the tenant and the hash of the idempotency key; removed at `expires_at`.

Keys are not stored: some hold what their callers should not have put there. Answers are compressed. Every write of the
request that carries an entry out names it as the holder, so what another one has taken over is left alone.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runsheet.idempotency.model import HELD_SECONDS, KEPT_SECONDS, Entry
from runsheet.ids import Origin
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import if_holds, put_new, to_attribute, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.tenancy import Tenant

# An item has room for 400 KB; the rest is for the other attributes.
_MAX_BODY_BYTES = 390_000
_HELD = "holder = :holder AND attribute_not_exists(answer_body)"


class AnswerTooLargeError(Exception):
    """The answer has no room in an item."""


def put(entry: Entry, *, now: int) -> Entry:
    """Store a new entry and return it, or the one that is there already."""
    item = {
        "fingerprint": entry.fingerprint,
        "holder": entry.holder,
        "held_until": entry.held_until,
        "moment": entry.origin.moment.isoformat(),
        "seed": entry.origin.seed,
        "attempts": entry.attempts,
        "expires_at": now + HELD_SECONDS + KEPT_SECONDS,
    }
    there = put_new(
        dynamodb(),
        TableName=settings().idempotency_table,
        Item=_key(entry.tenant, entry.key) | to_item(item),
        ConditionExpression="attribute_not_exists(id) OR expires_at <= :now",
        ExpressionAttributeValues=to_item({":now": now}),
    )
    return entry if there is None else _entry(entry.tenant, entry.key, there)


def take_over(entry: Entry, holder: str, *, held_until: int) -> Entry | None:
    """Hold an entry in place of the request that has died or given it back; None if yet another one does."""
    answer = _update(
        entry,
        "SET holder = :new, held_until = :until ADD attempts :one",
        {":new": holder, ":until": held_until, ":one": 1},
    )
    return (
        replace(entry, holder=holder, held_until=held_until, attempts=entry.attempts + 1) if answer else None
    )


def complete(entry: Entry, answer: Mapping[str, Any], *, now: int) -> bool:
    """Store the answer (in the gateway's form); False if another request has taken the entry over.

    Raises:
        AnswerTooLargeError: it has no room.
    """
    body = zlib.compress(answer["body"].encode())
    if len(body) > _MAX_BODY_BYTES:
        raise AnswerTooLargeError
    return _update(
        entry,
        "SET answer_status = :status, answer_headers = :headers, answer_body = :body, answer_is_base64 = :base64, "
        "expires_at = :end",
        {
            ":status": answer["statusCode"],
            ":headers": answer["headers"],
            ":body": body,
            ":base64": answer.get("isBase64Encoded", False),
            ":end": now + KEPT_SECONDS,
        },
    )


def give_back(entry: Entry) -> None:
    """Let the next request carry it out at once, with the same origin."""
    _update(entry, "SET held_until = :none", {":none": 0})


def delete(entry: Entry) -> None:
    """Forget a request that has done nothing."""
    if_holds(
        dynamodb().delete_item,
        TableName=settings().idempotency_table,
        Key=_key(entry.tenant, entry.key),
        ConditionExpression=_HELD,
        ExpressionAttributeValues=to_item({":holder": entry.holder}),
    )


def _update(entry: Entry, expression: str, values: dict[str, Any]) -> bool:
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().idempotency_table,
        Key=_key(entry.tenant, entry.key),
        UpdateExpression=expression,
        ConditionExpression=_HELD,
        ExpressionAttributeValues=to_item(values | {":holder": entry.holder}),
    )
    return answer is not None


def _key(tenant: Tenant, key: str) -> dict[str, Any]:
    # Halves of surrogate pairs, which no client can send, are told apart as well.
    hashed = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
    return {"id": to_attribute(f"{tenant.partition}#{hashed}")}


def _entry(tenant: Tenant, key: str, values: Mapping[str, Any]) -> Entry:
    return Entry(
        tenant=tenant,
        key=key,
        fingerprint=values["fingerprint"],
        holder=values["holder"],
        held_until=values["held_until"],
        origin=Origin(datetime.fromisoformat(values["moment"]), values["seed"]),
        attempts=values["attempts"],
        answer=_answer(values),
    )


def _answer(values: Mapping[str, Any]) -> dict[str, Any] | None:
    if "answer_body" not in values:
        return None
    return {
        "statusCode": values["answer_status"],
        "headers": values["answer_headers"],
        "body": zlib.decompress(values["answer_body"]).decode(),
        "isBase64Encoded": values["answer_is_base64"],
    }
