"""The `runsheet` command, on the template's own tables behind a CloudFormation stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from typer.testing import CliRunner

from runsheet.api_keys import authentication
from runsheet.api_keys.credential import parse
from runsheet.cli import app
from runsheet.errors import AuthenticationFailed
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

OUTPUTS = {
    "OrganisationsTable": "organisations_table",
    "ApiKeysTable": "api_keys_table",
    "ReportConfigsTable": "report_configs_table",
}


def make_stack(name: str, outputs: dict[str, str]) -> None:
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


@pytest.fixture(autouse=True)
def _deployment(tables: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stack named `runsheet` whose outputs name the tables; the process's own variables are set aside."""
    del tables
    make_stack("runsheet", {key: getattr(settings(), name) for key, name in OUTPUTS.items()})
    for variable in (
        "ORGANISATIONS_TABLE",
        "API_KEYS_TABLE",
        "REPORT_CONFIGS_TABLE",
        "AWS_ENDPOINT_URL",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
    ):
        monkeypatch.setenv(variable, "unset")  # so that it is restored, whatever the command does to it
        monkeypatch.delenv(variable)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(variable, os.environ[variable])
    settings.cache_clear()
    authentication.forget_cached_keys()
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def run_json(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def failure(*arguments: str) -> str:
    """Return what a failing command says, which is one line and no traceback."""
    result = run(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    return result.stderr


def test_an_organisation_is_created_shown_and_listed() -> None:
    parent = run_json("organisations", "create", "Acme")
    child = run_json(
        *("organisations", "create", "Acme Süd", "--timezone", "Europe/Berlin", "--parent", parent["id"]),
        *("--plan", "credits", "--subscription-start", "2026-01-01", "--subscription-end", "2026-12-31"),
        *("--plan-type", "Trial", "--subscription-credits", "21900", "--log-model", "Flex"),
    )

    assert child.keys() == {
        *("id", "name", "created", "timezone", "parent_id", "plan", "subscription_start", "subscription_end"),
        *("plan_type", "subscription_credits", "log_model", "contact_email"),
    }
    assert (child["parent_id"], child["subscription_end"]) == (parent["id"], "2026-12-31")
    assert (child["plan_type"], child["subscription_credits"], child["log_model"]) == ("Trial", 21900, "Flex")
    assert (parent["plan"], parent["log_model"]) == (None, "Tiered")
    assert run_json("organisations", "show", child["id"]) == child
    assert sorted(run_json("organisations", "list"), key=lambda found: str(found["name"])) == [parent, child]


def test_without_json_the_output_is_a_table() -> None:
    organisation = run_json("organisations", "create", "Acme")

    listed = run("organisations", "list").stdout.splitlines()
    shown = run("organisations", "show", organisation["id"]).stdout.splitlines()

    assert listed[0].split()[:2] == ["id", "name"]
    assert listed[1].split()[:3] == [organisation["id"], "Acme", organisation["created"]]
    assert shown[0].split() == ["id", organisation["id"]]
    assert run("keys", "list", organisation["id"]).stdout == ""


def test_more_organisations_than_a_page_are_listed() -> None:
    made = [run_json("organisations", "create", f"Acme {number}")["id"] for number in range(101)]

    assert sorted(found["id"] for found in run_json("organisations", "list")) == sorted(made)


@pytest.mark.parametrize(
    ("options", "prefix", "permissions"),
    [
        ((), "sk_test_", None),
        (("--mode", "live"), "sk_live_", None),
        (
            ("--kind", "restricted", "--permission", "files_read", "--permission", "datasets_read"),
            "rk_test_",
            2,
        ),
    ],
)
def test_a_key_is_created_and_its_secret_authenticates(
    options: tuple[str, ...], prefix: str, permissions: int | None
) -> None:
    organisation = run_json("organisations", "create", "Acme")["id"]

    key = run_json("keys", "create", organisation, "--name", "CI", *options)

    assert key["secret"].startswith(prefix)
    assert permissions == (key["permissions"] and len(key["permissions"]))
    assert authentication.authenticate(parse(f"Bearer {key['secret']}")).id == key["id"]


def test_an_access_pair_opens_live_data_unless_told_otherwise() -> None:
    organisation = run_json("organisations", "create", "Acme")["id"]

    key = run_json("keys", "create", organisation, "--kind", "access")
    test = run_json("keys", "create", organisation, "--kind", "access", "--mode", "test")

    assert (len(key["access_id"]), len(key["access_key"]), key["mode"]) == (14, 64, "live")
    assert test["mode"] == "test"
    assert "secret" not in key


def test_a_secret_is_shown_once() -> None:
    organisation = run_json("organisations", "create", "Acme")["id"]

    created = run("keys", "create", organisation)

    secret = next(line.split()[1] for line in created.stdout.splitlines() if line.startswith("secret "))
    assert "cannot be shown again" in created.stderr
    assert secret not in run("keys", "list", organisation).output
    assert secret not in run("keys", "list", organisation, "--json").output


def test_a_key_is_revoked() -> None:
    organisation = run_json("organisations", "create", "Acme")["id"]
    key = run_json("keys", "create", organisation)

    revoked = run_json("keys", "revoke", organisation, key["id"])

    assert revoked["revoked_at"] is not None
    assert run_json("keys", "list", organisation) == [revoked]
    assert revoked.keys() == {
        *("id", "mode", "kind", "permissions", "name", "hint", "created", "last_used_at", "revoked_at")
    }
    with pytest.raises(AuthenticationFailed):
        authentication.authenticate(parse(f"Bearer {key['secret']}"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("organisations", "show", "org_none"), "No such organisation: 'org_none'"),
        (("organisations", "show", ""), "AWS: "),
        (("organisations", "create", "A", "--timezone", "Mars"), "Invalid timezone"),
        (("keys", "create", "org_none"), "No such organisation"),
        (("keys", "list", "org_none"), "No such organisation"),
        (("keys", "revoke", "org_none", "key_none"), "No such api_key"),
        (("organisations", "list", "--stack-name", "other"), "other does not exist"),
        (("organisations", "list", "--stack", "local"), "no local stack"),
    ],
)
def test_a_failure_is_told_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    assert message in failure(*arguments)


def test_wrong_usage_is_told_by_the_parser() -> None:
    result = run("organisations", "create", "Acme", "--subscription-start", "yesterday")

    assert result.exit_code == 2
    assert "--subscription-start" in result.stderr


def test_a_stack_that_is_not_runsheet_is_told_apart() -> None:
    make_stack("shop", {"Url": "x"})

    assert "not a deployment of Runsheet" in failure("organisations", "list", "--stack-name", "shop")


def test_the_local_stack_of_the_directory_is_found_from_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing else is asked: the local stack itself is asked in tests/stack."""
    file = tmp_path / ".local" / "stack.json"
    file.parent.mkdir()
    nobody = "http://127.0.0.1:1"
    file.write_text(json.dumps({"aws_endpoint_url": nobody, "stack_name": "runsheet"}), encoding="utf-8")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "https://production.example.com")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    assert nobody in failure("organisations", "list", "--stack", "local")


def test_no_lambda_loads_the_command_line_library() -> None:
    """Typer is not in the layers, so what functions import must not need it."""
    loaded = (
        "import sys, runsheet.api_keys.service, runsheet.organisations.service; print('typer' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_the_time_zone_of_an_organisation_is_changed_and_nothing_else() -> None:
    made = run_json("organisations", "create", "Acme", "--timezone", "Europe/Berlin", "--plan", "credits")
    changed = run_json("organisations", "update", made["id"], "--timezone", "Asia/Tokyo")
    assert changed == made | {"timezone": "Asia/Tokyo"}
    assert run_json("organisations", "show", made["id"]) == changed
    assert "IANA" in failure("organisations", "update", made["id"], "--timezone", "Mars/Olympus")
    assert "No such organisation" in failure(
        "organisations", "update", "org_none", "--timezone", "Asia/Tokyo"
    )


def test_a_subscription_is_renewed_and_nothing_else_changes() -> None:
    plan = ("--plan", "credits", "--subscription-start", "2025-01-01", "--subscription-end", "2025-12-31")
    made = run_json("organisations", "create", "Acme", "--timezone", "Europe/Berlin", *plan)

    dates = ("--subscription-start", "2026-01-01", "--subscription-end", "2026-12-31")
    changed = run_json("organisations", "update", made["id"], *dates, "--subscription-credits", "500")

    renewed = {
        "subscription_start": "2026-01-01",
        "subscription_end": "2026-12-31",
        "subscription_credits": 500,
    }
    assert changed == made | renewed
    assert run_json("organisations", "show", made["id"]) == changed
    assert "is before subscription_start" in failure(
        "organisations", "update", made["id"], "--subscription-end", "2025-12-31"
    )
    assert "Nothing is to change" in failure("organisations", "update", made["id"])
    wrong = run("organisations", "update", made["id"], "--plan-type", "paid")
    assert (wrong.exit_code, "'Paid'" in wrong.stderr) == (2, True)


def test_the_contact_of_an_organisation_is_changed_and_taken_away() -> None:
    made = run_json("organisations", "create", "Acme", "--contact-email", "ops@acme.example")
    assert made["contact_email"] == "ops@acme.example"
    update = ("organisations", "update", made["id"])
    changed = run_json(*update, "--contact-email", "it@acme.example")
    assert (changed["contact_email"], changed["timezone"]) == ("it@acme.example", "Etc/UTC")
    both = run_json(*update, "--contact-email", "", "--timezone", "Asia/Tokyo")
    assert (both["contact_email"], both["timezone"]) == (None, "Asia/Tokyo")
    assert "contact_email" in failure(*update, "--contact-email", "nobody")
    assert "Nothing is to change" in failure(*update)
