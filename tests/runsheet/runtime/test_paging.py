"""The cursors of v1 lists: what every list says of those that lead nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runsheet.errors import InvalidRequest
from runsheet.events import service as events
from runsheet.events.model import EventsQuery
from runsheet.file_links import service as file_links
from runsheet.file_links.objects import FileLinkListQuery
from runsheet.files import service as files
from runsheet.files.model import FileListQuery
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.report_runs import service as report_runs
from runsheet.runtime.model import CreatedListQuery, ListQuery
from runsheet.tenancy import Tenant
from runsheet.webhook_deliveries import service as webhook_deliveries
from runsheet.webhook_endpoints import service as webhook_endpoints
from runsheet.webhook_endpoints.objects import NewWebhookEndpoint
from tests.template.template import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("tables")


def _deliveries(tenant: Tenant, query: ListQuery) -> Any:
    new = NewWebhookEndpoint(url="https://example.com/hook", enabled_events=["*"])
    endpoint = webhook_endpoints.create(tenant, new)
    return webhook_deliveries.listed(tenant, endpoint.id, query)


# How each list is asked, with which query, and what it calls what is in it.
LISTS: dict[str, tuple[Callable[[Tenant, Any], Any], Any, str]] = {
    "events": (events.listed, EventsQuery, "event"),
    "file_links": (
        lambda tenant, query: file_links.listed(tenant, query, "https://x"),
        FileLinkListQuery,
        "file_link",
    ),
    "files": (lambda tenant, query: files.listed(tenant, query, "https://x"), FileListQuery, "file"),
    "report_runs": (
        lambda tenant, query: report_runs.listed(tenant, query, "https://x"),
        CreatedListQuery,
        "report_run",
    ),
    "webhook_deliveries": (_deliveries, ListQuery, "webhook delivery"),
    "webhook_endpoints": (webhook_endpoints.listed, ListQuery, "webhook endpoint"),
}


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(organisations.create(NewOrganisation("Acme")).id, "live")


@pytest.mark.parametrize("name", LISTS)
def test_both_cursors_are_refused_before_either_is_looked_up(name: str, tenant: Tenant) -> None:
    ask, model, _ = LISTS[name]
    with pytest.raises(
        InvalidRequest, match="You cannot use both starting_after and ending_before"
    ) as refused:
        ask(tenant, model(starting_after="x", ending_before="y"))
    assert (refused.value.param, refused.value.code) == ("ending_before", None)


@pytest.mark.parametrize("param", ["starting_after", "ending_before"])
@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_that_is_not_known_is_named(name: str, param: str, tenant: Tenant) -> None:
    ask, model, noun = LISTS[name]
    with pytest.raises(InvalidRequest, match=f"^No such {noun}: '{'x' * 100}'$") as refused:
        ask(tenant, model(**{param: "x" * 200}))
    assert (refused.value.param, refused.value.code) == (param, "resource_missing")


def test_every_list_leaves_that_to_paging() -> None:
    package = ROOT / "layers" / "core" / "runsheet"
    saying = [path for path in package.rglob("*.py") if "both starting_after" in path.read_text()]
    assert [path.relative_to(package).as_posix() for path in saying] == ["runtime/paging.py"]
