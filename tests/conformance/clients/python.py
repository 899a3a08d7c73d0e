"""The Python SDK's client object: stripe.StripeClient."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import stripe

from tests.conformance.clients.driver import ERROR, answer, raised, serve


@cache
def client(key: str, base_url: str, retries: int) -> stripe.StripeClient:
    """Return a client as a customer makes it."""
    return stripe.StripeClient(
        key, base_addresses={"api": base_url, "files": base_url}, max_network_retries=retries
    )


def service(asked: dict[str, Any]) -> Any:
    """Return the service of a resource: client.v1.reporting.report_runs, client.v1.files, …."""
    found: Any = client(asked["key"], asked["base_url"], asked["retries"]).v1
    if asked["resource"].startswith("report_"):
        found = found.reporting
    return getattr(found, asked["resource"])


def once(asked: dict[str, Any]) -> dict[str, Any]:
    """Make one call."""
    try:
        operation = getattr(service(asked), asked["operation"])
        return answer(operation(*asked["ids"], asked["params"], asked["options"]))
    except ERROR as error:
        return raised(error)


def call(asked: dict[str, Any]) -> Any:
    """Make a call, in as many threads as asked for."""
    if asked["times"] == 1:
        return once(asked)
    with ThreadPoolExecutor(asked["times"]) as pool:
        return list(pool.map(once, [asked] * asked["times"]))


def iterate(asked: dict[str, Any]) -> dict[str, Any]:
    """Walk over all pages."""
    found = service(asked).list(asked["params"], asked["options"])
    return {"value": [one.id for one in found.auto_paging_iter()]}


if __name__ == "__main__":
    serve(call, iterate)
