"""FileLinksTable: partition key `token_hash`; indexes `by_tenant` (tenant, id) and `by_file` (file_id, id).

The indexes hold keys alone: a click then writes one item, not three, and a list shows every link as it is now. They
lag behind by a moment, which is why one link is not looked for there: its id tells its key.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from runsheet.file_links.model import FileLink
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, if_holds, put_new, to_attribute, to_item
from runsheet.runtime.reading import batch_get
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from runsheet.runtime.paging import Span

# What a filter by `expired` may cost: a hundred reads of a hundred links, about two seconds.
MAX_READ = 10_000
_PER_READ = 100


def put(link: FileLink) -> FileLink:
    """Store a new link and return it, or the one in its place."""
    item = {
        "token_hash": link.token_hash,
        "tenant": link.tenant.partition,
        "id": link.id,
        "file_id": link.file_id,
        "created": link.created,
        "expires_at": link.expires_at,
        "remove_at": link.remove_at,
        "metadata": link.metadata,
        "revoked": link.revoked,
        "opens": link.opens,
        "revision": link.revision,
    }
    there = put_new(
        dynamodb(),
        TableName=settings().file_links_table,
        Item=to_item(item),
        ConditionExpression="attribute_not_exists(token_hash)",
    )
    return link if there is None else _link(there)


def by_token(token_hash: str) -> FileLink | None:
    """Return the link of a token. The token says whose it is: nobody who follows it has a key."""
    answer = dynamodb().get_item(
        TableName=settings().file_links_table, Key=_key(token_hash), ConsistentRead=True
    )
    return _link(from_item(answer["Item"])) if "Item" in answer else None


def get(tenant: Tenant, link_id: str, token_hash: str) -> FileLink | None:
    """Return the tenant's link of an id, strongly consistent; `token_hash` is where it lies if its id tells its token.

    Where it does not, it is a link of before there was a key for that: the index finds it.
    """
    link = by_token(token_hash)
    if link is None:
        answer = dynamodb().query(
            TableName=settings().file_links_table,
            IndexName="by_tenant",
            KeyConditionExpression="tenant = :tenant AND id = :id",
            ExpressionAttributeValues=to_item({":tenant": tenant.partition, ":id": link_id}),
        )
        link = next((by_token(item["token_hash"]["S"]) for item in answer["Items"]), None)
    return link if link is not None and link.tenant == tenant else None


def page(
    tenant: Tenant, span: Span, *, file_id: str | None, expired: bool | None, now: int
) -> tuple[list[FileLink], bool]:
    """Return the span's page of links, newest first, and whether more follow.

    After MAX_READ links it ends with what was found until then, maybe nothing, and says that more follow.

    Args:
        tenant: whose links.
        span: what the page is cut from.
        file_id: only links of this file.
        expired: only links that have expired by `now`, or only those that have not.
        now: unix seconds.
    """
    if file_id is None:
        index, name, value = "by_tenant", "tenant", tenant.partition
    else:
        index, name, value = "by_file", "file_id", file_id
    keys = span.items(
        {":value": value},
        TableName=settings().file_links_table,
        IndexName=index,
        KeyConditionExpression=f"{name} = :value AND id BETWEEN :first AND :last",
    )
    found: list[FileLink] = []
    read, wanted = 0, span.limit + 1
    while len(found) <= span.limit and (hashes := [key["token_hash"] for key in islice(keys, wanted)]):
        if read >= MAX_READ:
            links, _ = span.cut(found)
            return links, True
        read, wanted = read + len(hashes), _PER_READ
        found += [
            link
            for link in _read(hashes)
            if link.tenant == tenant
            and link.remove_at > now
            and (expired is None or link.has_expired(now) == expired)
        ]
    return span.cut(found)


def update(link: FileLink) -> FileLink | None:
    """Store a changed link and return it with its new revision; None if it was changed or removed meanwhile."""
    values = {
        ":expires_at": link.expires_at,
        ":remove_at": link.remove_at,
        ":metadata": link.metadata,
        ":revoked": link.revoked,
        ":read": link.revision,
        ":next": link.revision + 1,
        ":tenant": link.tenant.partition,
    }
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().file_links_table,
        Key=_key(link.token_hash),
        UpdateExpression="SET expires_at = :expires_at, remove_at = :remove_at, metadata = :metadata, "
        "revoked = :revoked, revision = :next",
        # A link of before there were revisions has none.
        ConditionExpression="tenant = :tenant AND (revision = :read OR attribute_not_exists(revision))",
        ExpressionAttributeValues=to_item(values),
        ReturnValues="ALL_NEW",
    )
    return None if answer is None else _link(from_item(answer["Attributes"]))


def note_opened(token_hash: str, *, now: int) -> None:
    """Count a click; on a link that was removed this very moment, nothing."""
    if_holds(
        dynamodb().update_item,
        TableName=settings().file_links_table,
        Key=_key(token_hash),
        UpdateExpression="SET last_opened_at = :now ADD opens :one",
        ConditionExpression="attribute_exists(token_hash)",
        ExpressionAttributeValues=to_item({":now": now, ":one": 1}),
    )


def _read(hashes: list[str]) -> list[FileLink]:
    found = {
        values["token_hash"]: _link(values)
        for values in batch_get(settings().file_links_table, [_key(token_hash) for token_hash in hashes])
    }
    return [found[token_hash] for token_hash in hashes if token_hash in found]


def _key(token_hash: str) -> dict[str, Any]:
    return {"token_hash": to_attribute(token_hash)}


def _link(values: dict[str, Any]) -> FileLink:
    return FileLink(
        tenant=Tenant.from_partition(values["tenant"]),
        id=values["id"],
        token_hash=values["token_hash"],
        file_id=values["file_id"],
        created=values["created"],
        expires_at=values["expires_at"],
        metadata=values.get("metadata", {}),
        revoked=values["revoked"],
        opens=values["opens"],
        last_opened_at=values.get("last_opened_at"),
        revision=values.get("revision", 0),
    )
