"""Organisations and keys that the command line made, used on every route's three ways in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.place import Place

pytestmark = pytest.mark.stack


@pytest.fixture
def runsheet(place: Place, tmp_path: Path) -> Callable[..., Any]:
    """The command in a directory whose local stack is this one."""
    (tmp_path / ".local").mkdir()
    shutil.copy(place.details_file, tmp_path / ".local")

    def run(*arguments: str) -> Any:
        command = [str(Path(sys.executable).with_name("runsheet")), *arguments, "--stack", "local", "--json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def organisation(runsheet: Callable[..., Any]) -> str:
    return str(runsheet("organisations", "create", "Contoso")["id"])


def answer(place: Place, auth: Any = None, **headers: str) -> httpx.Response:
    return httpx.get(f"{place.base_url}/v1/reporting/report_runs", auth=auth, headers=headers, timeout=30)


def test_every_kind_of_key_opens_the_api(
    place: Place, runsheet: Callable[..., Any], organisation: str
) -> None:
    secret = runsheet("keys", "create", organisation)["secret"]
    pair = runsheet("keys", "create", organisation, "--kind", "access")
    permission = ("--permission", "report_runs_and_report_types_read")
    restricted = runsheet("keys", "create", organisation, "--kind", "restricted", *permission)["secret"]

    assert answer(place, Authorization=f"Bearer {secret}").status_code == 200
    assert answer(place, Authorization=f"bearer {restricted}").status_code == 200
    assert answer(place, (secret, "")).status_code == 200
    assert answer(place, (pair["access_id"], pair["access_key"])).status_code == 200


def test_a_key_in_use_is_listed_with_its_last_use(
    place: Place, runsheet: Callable[..., Any], organisation: str
) -> None:
    secret = runsheet("keys", "create", organisation)["secret"]
    assert runsheet("keys", "list", organisation)[0]["last_used_at"] is None

    answer(place, (secret, ""))

    assert runsheet("keys", "list", organisation)[0]["last_used_at"] is not None


def test_a_revoked_key_is_refused(place: Place, runsheet: Callable[..., Any], organisation: str) -> None:
    key = runsheet("keys", "create", organisation)
    runsheet("keys", "revoke", organisation, key["id"])

    refused = answer(place, (key["secret"], ""))

    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "api_key_expired"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "You did not provide an API key."),
        ("Basic !!!!", "Invalid API Key provided: ****************"),
        ("Bearer " + "x" * 4_000, "Invalid API Key provided: ****************"),
        ("Bearer sk_test_" + "0" * 43, "Invalid API Key provided: sk_test_****************0000"),
    ],
)
def test_what_is_no_key_is_refused(place: Place, header: str | None, message: str) -> None:
    refused = answer(place, **({"Authorization": header} if header else {}))

    assert refused.status_code == 401
    assert refused.json()["error"]["message"].startswith(message)
    assert refused.headers["www-authenticate"]
