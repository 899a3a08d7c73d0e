"""The Python SDK's asynchronous methods, over its own HTTPX transport."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import stripe

from tests.conformance.clients.driver import ERROR, answer, raised, serve


@cache
def client(key: str, base_url: str, retries: int) -> stripe.StripeClient:
    """Return a client as a customer makes it."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": base_url, "files": base_url},
        max_network_retries=retries,
        http_client=stripe.HTTPXClient(),
    )


def service(asked: dict[str, Any]) -> Any:
    """Return the service of a resource: client.v1.reporting.report_runs, client.v1.files, …."""
    found: Any = client(asked["key"], asked["base_url"], asked["retries"]).v1
    if asked["resource"].startswith("report_"):
        found = found.reporting
    return getattr(found, asked["resource"])


async def once(asked: dict[str, Any]) -> dict[str, Any]:
    """Make one call."""
    try:
        operation = getattr(service(asked), f"{asked['operation']}_async")
        return answer(await operation(*asked["ids"], asked["params"], asked["options"]))
    except ERROR as error:
        return raised(error)


async def at_once(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Make a call as many times as asked for, together."""
    return list(await asyncio.gather(*(once(asked) for _ in range(asked["times"]))))


async def walk(asked: dict[str, Any]) -> dict[str, Any]:
    """Walk over all pages."""
    found = await service(asked).list_async(asked["params"], asked["options"])
    return {"value": [one.id async for one in found.auto_paging_iter()]}


if __name__ == "__main__":
    with asyncio.Runner() as runner:
        serve(
            lambda asked: runner.run(once(asked) if asked["times"] == 1 else at_once(asked)),
            lambda asked: runner.run(walk(asked)),
        )
