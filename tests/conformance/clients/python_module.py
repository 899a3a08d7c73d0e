"""The Python SDK's resource classes and module settings, the only way there was before 2024."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import stripe

from tests.conformance.clients.driver import ERROR, answer, raised, serve

RESOURCES: dict[str, Any] = {
    "report_runs": stripe.reporting.ReportRun,
    "report_types": stripe.reporting.ReportType,
    "files": stripe.File,
    "file_links": stripe.FileLink,
    "webhook_endpoints": stripe.WebhookEndpoint,
    "events": stripe.Event,
}


def resource(asked: dict[str, Any]) -> Any:
    """Set the module up as a customer does, and return the class."""
    stripe.api_key = asked["key"]
    stripe.api_base = stripe.upload_api_base = asked["base_url"]
    stripe.max_network_retries = asked["retries"]
    return RESOURCES[asked["resource"]]


def once(asked: dict[str, Any]) -> dict[str, Any]:
    """Make one call."""
    name = "modify" if asked["operation"] == "update" else asked["operation"]
    try:
        return answer(getattr(resource(asked), name)(*asked["ids"], **asked["params"], **asked["options"]))
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
    found = resource(asked).list(**asked["params"], **asked["options"])
    return {"value": [one.id for one in found.auto_paging_iter()]}


if __name__ == "__main__":
    serve(call, iterate)
