"""File links by way of their handlers: keys, forms, and errors in the contract's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from file_links import create, retrieve, update
from file_links import list as listing
from files import list as files_list
from runsheet.api_keys import service as api_keys
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime import clock, settings
from runsheet.tenancy import Tenant
from tests.gateway import Answer, event, send
from tests.links import DAY, put_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.files.model import File

pytestmark = pytest.mark.usefixtures("tables", "secrets")


@pytest.fixture
def tenant(tables: None) -> Tenant:  # noqa: ARG001 - they must be there
    return Tenant(organisations.create(NewOrganisation("Acme")).id, "test")


@pytest.fixture
def file(tenant: Tenant) -> File:
    return put_file(tenant=tenant, created=clock.seconds())


@pytest.fixture
def key(tenant: Tenant) -> str:
    return api_keys.create(tenant, "secret", "k")[1]


def call(key: str, handler: Callable[..., Any], method: str, path: str, body: str | None = None) -> Answer:
    ids = {"id": path.partition("?")[0].rpartition("/")[2]}
    headers = {"authorization": f"Bearer {key}"}
    return send(handler, event(method, f"/v1/{path}", path=ids, body=body, headers=headers))


def post(key: str, form: str) -> Answer:
    return call(key, create.handler, "POST", "file_links", form)


@pytest.mark.parametrize(
    ("form", "param", "code", "message"),
    [
        ("", "file", "parameter_missing", "Missing required param: file."),
        ("file=", "file", "parameter_invalid_empty", "You passed an empty string for 'file'."),
        ("file=file_nope", "file", "resource_missing", "No such file: 'file_nope'"),
        ("file[]=FILE", "file", None, "Invalid string"),
        ("file=FILE&colour=red", "colour", "parameter_unknown", "Received unknown parameter: colour"),
        ("file=FILE&expires_at=now", "expires_at", "parameter_invalid_integer", "Invalid integer: now"),
        ("file=FILE&expires_at=1.5", "expires_at", "parameter_invalid_integer", "Invalid integer: 1.5"),
        ("file=FILE&expires_at[]=1", "expires_at", "parameter_invalid_integer", "Invalid integer"),
        (
            "file=FILE&expires_at=1",
            "expires_at",
            None,
            "Invalid expires_at: must be a moment in the future, in unix seconds.",
        ),
        ("file=FILE&metadata=x", "metadata", None, "Invalid object"),
        (
            "file=FILE&metadata[a]=" + "x" * 501,
            "metadata",
            None,
            "Invalid val: metadata[a] must be a string of at most 500 characters",
        ),
        (
            "file=FILE&expand[]=files",
            "expand",
            None,
            "This property cannot be expanded (files). You may want to try expanding 'file' instead.",
        ),
        ("file=FILE&expand=file", "expand", None, "Invalid array"),
    ],
)
def test_what_cannot_be_linked_is_refused_by_its_field(
    key: str, file: File, form: str, param: str, code: str | None, message: str
) -> None:
    answer = post(key, form.replace("FILE", file.id))
    error = answer.json["error"]
    assert answer.status == 400
    assert error["message"].startswith(message)
    assert (error.get("param"), error.get("code"), error["type"]) == (param, code, "invalid_request_error")
    assert call(key, listing.handler, "GET", "file_links").json["data"] == []


@pytest.mark.parametrize(("expired", "found"), [("true", 0), ("True", 0), ("false", 1), ("False", 1)])
def test_a_boolean_is_read_as_the_sdks_write_it(key: str, file: File, expired: str, found: int) -> None:
    assert post(key, f"file={file.id}").status == 200
    answer = call(key, listing.handler, "GET", f"file_links?expired={expired}")
    assert (answer.status, len(answer.json["data"])) == (200, found)


@pytest.mark.parametrize(
    ("query", "param", "message"),
    [
        ("expired=yes", "expired", "Invalid boolean: yes. Must be true or false."),
        ("expired=", "expired", "You passed an empty string for 'expired'."),
        ("expired[]=true", "expired", "Invalid boolean. Must be true or false."),
        ("file=", "file", "You passed an empty string for 'file'."),
        ("file=file_nope", "file", "No such file: 'file_nope'"),
        ("limit=101", "limit", "This value must be less than or equal to 100 (it currently is '101')."),
        ("created[gt]=x", "created[gt]", "Invalid integer: x"),
        (
            "expand[]=file",
            "expand",
            "This property cannot be expanded (file). You may want to try expanding 'data.file' instead.",
        ),
        ("starting_after=link_nope", "starting_after", "No such file_link: 'link_nope'"),
        ("starting_after=a&ending_before=b", "ending_before", "You cannot use both"),
        ("purpose=x", "purpose", "Received unknown parameter: purpose"),
    ],
)
def test_a_wrong_list_is_refused_by_its_field(key: str, query: str, param: str, message: str) -> None:
    answer = call(key, listing.handler, "GET", f"file_links?{query}")
    assert (answer.status, answer.json["error"]["param"]) == (400, param)
    assert answer.json["error"]["message"].startswith(message)


@pytest.mark.parametrize(
    ("form", "param", "message"),
    [
        ("expires_at=soon", "expires_at", "Invalid integer: soon"),
        ("expires_at[a]=now", "expires_at", "Invalid integer"),
        ("expires_at=5", "expires_at", "Invalid expires_at: must be a moment in the future"),
        ("file=FILE", "file", "Received unknown parameter: file"),
        ("metadata[a][b]=c", "metadata", "Invalid val: metadata[a] must be a string"),
    ],
)
def test_a_wrong_change_is_refused_by_its_field(
    key: str, file: File, form: str, param: str, message: str
) -> None:
    link = post(key, f"file={file.id}").json
    answer = call(key, update.handler, "POST", f"file_links/{link['id']}", form.replace("FILE", file.id))
    assert (answer.status, answer.json["error"]["param"]) == (400, param)
    assert answer.json["error"]["message"].startswith(message)
    assert call(key, retrieve.handler, "GET", f"file_links/{link['id']}").json == link


def test_an_unknown_purpose_is_refused_with_those_that_there_are(key: str) -> None:
    error = call(key, files_list.handler, "GET", "files?purpose=homework").json["error"]
    assert error["message"].startswith("Invalid purpose: must be one of account_requirement, ")
    assert "finance_report_run" in error["message"]
    assert error["param"] == "purpose"


def test_an_expired_link_is_a_400_to_who_changes_it_and_an_unknown_one_a_404(key: str, file: File) -> None:
    link = post(key, f"file={file.id}&metadata[7]=x").json
    assert link["metadata"] == {"7": "x"}
    path = f"file_links/{link['id']}"
    ended = call(key, update.handler, "POST", path, "expires_at=now")
    assert (ended.status, ended.json["expired"]) == (200, True)
    again = call(key, update.handler, "POST", path, "expires_at=now")
    assert again.status == 400
    assert again.json["error"] == {
        "message": "This file link has expired. Expired links can no longer be updated.",
        "type": "invalid_request_error",
    }
    for handler, method in ((retrieve.handler, "GET"), (update.handler, "POST")):
        unknown = call(key, handler, method, "file_links/link_nope")
        assert (unknown.status, unknown.json["error"]["code"]) == (404, "resource_missing")
        assert unknown.json["error"]["message"] == "No such file_link: 'link_nope'"


def test_the_address_is_on_the_host_that_the_customer_uses(
    tenant: Tenant, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "")
    settings.settings.cache_clear()
    key = api_keys.create(tenant, "secret", "k")[1]
    url = post(key, f"file={file.id}").json["url"]
    assert url.startswith("https://abc.execute-api.eu-west-1.amazonaws.com/links/")


def test_restricted_keys_need_to_read_or_to_write(tenant: Tenant, file: File, key: str) -> None:
    link = post(key, f"file={file.id}&expires_at={clock.seconds() + DAY}").json
    requests: list[tuple[str, Callable[..., Any], str, str, str | None]] = [
        ("file_links_write", create.handler, "POST", "file_links", f"file={file.id}"),
        ("file_links_read", retrieve.handler, "GET", f"file_links/{link['id']}", None),
        ("file_links_read", listing.handler, "GET", "file_links", None),
        ("file_links_write", update.handler, "POST", f"file_links/{link['id']}", "metadata[a]=b"),
        ("files_read", files_list.handler, "GET", "files", None),
    ]
    for permission in ("file_links_read", "file_links_write", "files_read"):
        restricted = api_keys.create(tenant, "restricted", "k", [permission])[1]
        for needed, handler, method, path, body in requests:
            answer = call(restricted, handler, method, path, body)
            assert answer.status == (200 if needed == permission else 403), (permission, path)
            if answer.status == 403:
                assert f"Having the '{needed}' permission" in answer.json["error"]["message"]
