"""Every route asks for the permission that it names, and for no other, in the words of its contract."""

from __future__ import annotations

import importlib
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.api_keys import service as api_keys
from runsheet.api_keys.model import PERMISSIONS
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime.dialects import dialect_of, usage, v2
from runsheet.tenancy import Tenant
from tests.gateway import Answer, send
from tests.template.template import ROOT, resources

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.usefixtures("tables", "buckets", "queues", "secrets")

SUBSCRIPTION = NewOrganisation("Acme", "Etc/UTC", None, "credits", date(2026, 1, 1), date(9998, 12, 31))
WITH_A_KEY = [
    function["Handler"].removesuffix(".handler")
    for function in resources("AWS::Serverless::Function").values()
    if {"Ref": "AuthenticationPolicy"} in function.get("Policies", [])
]


def answer(name: str, permissions: Iterable[str]) -> Answer:
    """What a route answers to its sample event, sent with a restricted key; the objects that it names do not exist."""
    tenant = Tenant(organisations.create(SUBSCRIPTION).id, "test")
    _, secret = api_keys.create(tenant, "restricted", "k", permissions)
    text = (ROOT / "events" / f"{name.replace('.', '/')}.json").read_text()
    event: dict[str, Any] = json.loads(text)
    event["headers"]["authorization"] = f"Bearer {secret}"
    return send(importlib.import_module(name).handler, event)


@pytest.mark.parametrize("name", WITH_A_KEY)
def test_a_restricted_key_needs_the_permission_of_the_route_and_no_other(name: str) -> None:
    operation = importlib.import_module(name).handler.operation
    needed = operation.permission
    assert answer(name, [needed]).status not in {401, 403, 500}
    refused = answer(name, PERMISSIONS.keys() - {needed})
    assert refused.status == 403
    message = {
        v2: lambda: refused.json["detail"],
        usage: lambda: refused.json["errors"][0]["message"],
    }.get(dialect_of(operation.path), lambda: refused.json["error"]["message"])()
    assert message.startswith("The provided key 'rk_test_****************")
    assert (
        f"' does not have the required permissions for this endpoint. Having the '{needed}' permission"
        in message
    )
