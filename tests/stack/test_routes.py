"""Every route of the template leads to its function, and nothing else does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.template.template import resources

if TYPE_CHECKING:
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

ROUTES = sorted(
    (event["Properties"]["Method"], event["Properties"]["Path"])
    for function in resources("AWS::Serverless::Function").values()
    for event in function.get("Events", {}).values()
    if event["Type"] == "HttpApi" and "Path" in event["Properties"]
)
# Links that people open out of a mail.
PUBLIC = ("/links/", "/unsubscribe/")


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
def test_a_route_asks_for_a_key(place: Place, method: str, path: str) -> None:
    url = place.base_url + re.sub(r"\{\w+\}", "x", path)

    answer = httpx.request(method, url, timeout=60)

    if path.startswith(PUBLIC):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return
    assert answer.status_code == 401
    if path.startswith("/v2/"):
        assert set(answer.json()) == {"detail"}
    elif "/v1/account/" in path:
        assert [error["code"] for error in answer.json()["errors"]] == ["unauthorized"]
    else:
        assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/v1/nothing"), ("PUT", "/v1/reporting/report_runs"), ("POST", "/v1/files")],
)
def test_what_is_no_route_is_not_found(
    place: Place, organisation: Organisation, method: str, path: str
) -> None:
    answer = httpx.request(method, place.base_url + path, auth=(organisation.test_key, ""), timeout=60)

    assert answer.status_code == 404
    assert f"({method}: {path})" in answer.json()["error"]["message"]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_wrong_verb_of_account_usage_is_told_the_right_one(place: Place, prefix: str) -> None:
    answer = httpx.get(f"{place.base_url}{prefix}/v1/account/usage/report", timeout=60)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert [error["code"] for error in answer.json()["errors"]] == ["method.unsupported"]
    answer = httpx.get(f"{place.base_url}{prefix}/v1/account/nothing", timeout=60)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "notfound")
