"""Files, and links to them, for the tests of both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from runsheet import ids, tokens
from runsheet.files.model import File
from runsheet.runtime import clients
from runsheet.runtime.items import to_item
from runsheet.runtime.settings import settings
from tests.mails import NOW, TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.tenancy import Tenant

DAY = 86_400
YEAR = 365 * DAY


def put_file(*, tenant: Tenant = TENANT, created: int = NOW, **changes: Any) -> File:
    """A file that was made at `created`, in its table; without its object."""
    file_id = ids.new_id("file", datetime.fromtimestamp(created, UTC))
    values: dict[str, Any] = {
        "id": file_id,
        "key": f"results/frr_1/{file_id}.csv",
        "filename": "frr_1.csv",
        "title": "FinanceReportRun frr_1",
        "size": 4,
        "sha256": "ab" * 32,
        "row_count": 1,
        "created": created,
        "expires_at": created + YEAR,
    }
    file = File(**(values | changes))
    item = to_item({"tenant": tenant.partition, **file.as_dict()})
    boto3.client("dynamodb").put_item(TableName=settings().files_table, Item=item)
    return file


def delete_file(file: File, tenant: Tenant = TENANT) -> None:
    """Delete a file's item, as DynamoDB does some time after it has expired."""
    key = to_item({"tenant": tenant.partition, "id": file.id})
    boto3.client("dynamodb").delete_item(TableName=settings().files_table, Key=key)


def put_old_link(file: File, *, created: int = NOW) -> tuple[str, str]:
    """A link as the releases made them that drew tokens at random and kept neither metadata nor a revision.

    Returns its id and its token.
    """
    link_id = ids.new_id("link", datetime.fromtimestamp(created, UTC))
    token = tokens.new_token()
    item = {
        "token_hash": tokens.hash_of(token),
        "tenant": TENANT.partition,
        "id": link_id,
        "file_id": file.id,
        "created": created,
        "expires_at": file.expires_at,
        "remove_at": file.expires_at + 90 * DAY,
        "revoked": False,
        "opens": 2,
    }
    boto3.client("dynamodb").put_item(TableName=settings().file_links_table, Item=to_item(item))
    return link_id, token


def calls() -> list[str]:
    """The names of the calls of DynamoDB from now on; the list grows with them."""
    made: list[str] = []
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb.*", lambda model, **_: made.append(model.name)
    )
    return made


def stored_links() -> Iterator[dict[str, Any]]:
    """The items of FileLinksTable."""
    yield from boto3.client("dynamodb").scan(TableName=settings().file_links_table)["Items"]
