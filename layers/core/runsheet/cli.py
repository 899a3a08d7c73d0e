"""The `runsheet` command: organisations and API keys of a deployment, for those who operate it.

It writes to the deployment's tables with the caller's own AWS credentials, so who may use it is IAM's to say;
no route of the API makes keys. No Lambda imports this module: typer is not in the layers.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from runsheet.api_keys import service as api_keys
from runsheet.api_keys.model import PERMISSIONS
from runsheet.errors import RunsheetError
from runsheet.organisations import service as organisations
from runsheet.organisations.model import MAX_CREDITS, Changes, NewOrganisation
from runsheet.runtime import clients
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.api_keys.model import ApiKey
    from runsheet.organisations.model import Organisation

_LOCAL_STACK = Path(".local") / "stack.json"
_TABLES = {
    "ORGANISATIONS_TABLE": "OrganisationsTable",
    "API_KEYS_TABLE": "ApiKeysTable",
    "REPORT_CONFIGS_TABLE": "ReportConfigsTable",
}

app = typer.Typer(
    help="Organisations and API keys of a Runsheet deployment.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_organisations = typer.Typer(help="Organisations: whose data is reported on.", no_args_is_help=True)
_keys = typer.Typer(help="API keys of an organisation.", no_args_is_help=True)
app.add_typer(_organisations, name="organisations")
app.add_typer(_keys, name="keys")


class Where(StrEnum):
    """Where the deployment runs."""

    AWS = "aws"
    LOCAL = "local"


class KindOfKey(StrEnum):
    """The kinds of keys."""

    SECRET = "secret"  # noqa: S105 -- the name of a kind
    RESTRICTED = "restricted"
    ACCESS = "access"


class ModeOfKey(StrEnum):
    """The modes; they share no data."""

    TEST = "test"
    LIVE = "live"


class TypeOfPlan(StrEnum):
    """How an organisation has its plan."""

    FREE = "Free"
    TRIAL = "Trial"
    PAID = "Paid"


class ModelOfLogs(StrEnum):
    """How logs are stored and charged."""

    TIERED = "Tiered"
    FLEX = "Flex"
    FLEX_PLUS_TIERED = "FlexPlusTiered"


Stack = Annotated[
    Where,
    typer.Option("--stack", envvar="RUNSHEET_STACK", help="In AWS, or the local stack of this directory."),
]
StackName = Annotated[
    str, typer.Option("--stack-name", envvar="RUNSHEET_STACK_NAME", help="The CloudFormation stack in AWS.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]
Day = Annotated[
    date | None, typer.Option(parser=date.fromisoformat, metavar="YYYY-MM-DD", help="A day, included.")
]
Plan = Annotated[
    str | None, typer.Option(help="What it has bought; account usage is exported for `credits`.")
]
PlanTypeOption = Annotated[
    TypeOfPlan | None, typer.Option("--plan-type", help="How it has its plan.", show_default=False)
]
Credits = Annotated[
    int | None,
    typer.Option(min=1, max=MAX_CREDITS, help="Whole credits that the subscription has in all."),
]
LogModelOption = Annotated[
    ModelOfLogs | None, typer.Option("--log-model", help="How its logs are charged.", show_default=False)
]
OrganisationId = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Its id, org_….")]


@_organisations.command("create")
def create_organisation(  # noqa: PLR0913, PLR0917 -- the options of a command are its parameters
    name: Annotated[str, typer.Argument(help="What it is called.")],
    timezone: Annotated[str, typer.Option(help="IANA time zone of its calendar days.")] = "Etc/UTC",
    parent: Annotated[str | None, typer.Option(help="Id of the organisation that it belongs to.")] = None,
    plan: Plan = None,
    plan_type: PlanTypeOption = None,
    subscription_start: Day = None,
    subscription_end: Day = None,
    subscription_credits: Credits = None,
    log_model: LogModelOption = None,
    contact_email: Annotated[
        str | None, typer.Option(help="Who is told when a webhook endpoint is disabled.")
    ] = None,
    stack: Stack = Where.AWS,
    stack_name: StackName = "runsheet",
    as_json: AsJson = False,
) -> None:
    """Make an organisation."""
    new = NewOrganisation(
        name,
        timezone,
        parent,
        plan,
        subscription_start,
        subscription_end,
        plan_type.value if plan_type else None,
        subscription_credits,
        log_model.value if log_model else "Tiered",
        contact_email,
    )
    with _deployment(stack, stack_name):
        _write(_organisation_fields(organisations.create(new)), as_json=as_json)


@_organisations.command("list")
def list_organisations(
    stack: Stack = Where.AWS, stack_name: StackName = "runsheet", as_json: AsJson = False
) -> None:
    """List all organisations, oldest first."""
    with _deployment(stack, stack_name):
        found = sorted(_every_organisation(), key=lambda organisation: organisation.id)
        _write([_organisation_fields(organisation) for organisation in found], as_json=as_json)


@_organisations.command("show")
def show_organisation(
    organisation: OrganisationId,
    stack: Stack = Where.AWS,
    stack_name: StackName = "runsheet",
    as_json: AsJson = False,
) -> None:
    """Show one organisation."""
    with _deployment(stack, stack_name):
        _write(_organisation_fields(organisations.get(organisation)), as_json=as_json)


@_organisations.command("update")
def update_organisation(  # noqa: PLR0913, PLR0917 -- the options of a command are its parameters
    organisation: OrganisationId,
    timezone: Annotated[
        str | None, typer.Option(help="IANA time zone; its reports are sent by it from now on.")
    ] = None,
    plan: Plan = None,
    plan_type: PlanTypeOption = None,
    subscription_start: Day = None,
    subscription_end: Day = None,
    subscription_credits: Credits = None,
    log_model: LogModelOption = None,
    contact_email: Annotated[
        str | None, typer.Option(help="Who is told when a webhook endpoint is disabled; empty for nobody.")
    ] = None,
    stack: Stack = Where.AWS,
    stack_name: StackName = "runsheet",
    as_json: AsJson = False,
) -> None:
    """Change an organisation: its time zone, and with it when its reports are sent, its contact, its plan.

    New dates renew its subscription. What is left out stays as it is. Safe to repeat.
    """
    changes = Changes(
        timezone,
        plan,
        subscription_start,
        subscription_end,
        plan_type.value if plan_type else None,
        subscription_credits,
        log_model.value if log_model else None,
        contact_email,
    )
    with _deployment(stack, stack_name):
        _write(_organisation_fields(organisations.update(organisation, changes)), as_json=as_json)


@_keys.command("create")
def create_key(
    organisation: OrganisationId,
    kind: Annotated[
        KindOfKey,
        typer.Option(help="sk_… with all permissions, rk_… with some, or access id and access key."),
    ] = KindOfKey.SECRET,
    mode: Annotated[
        ModeOfKey | None, typer.Option(help="Whose data it opens.", show_default="test; live for access keys")
    ] = None,
    name: Annotated[str, typer.Option(help="What it is for.")] = "API key",
    permission: Annotated[
        list[str] | None, typer.Option(help=f"What it may do; repeat for more. Of: {', '.join(PERMISSIONS)}.")
    ] = None,
    stack: Stack = Where.AWS,
    stack_name: StackName = "runsheet",
    as_json: AsJson = False,
) -> None:
    """Make a key. Its secret is shown here and never again."""
    # The usage contract knows no test mode, so its keys open live data unless told otherwise.
    usual = ModeOfKey.LIVE if kind is KindOfKey.ACCESS else ModeOfKey.TEST
    tenant = Tenant(organisation, (mode or usual).value)
    with _deployment(stack, stack_name):
        key, secret = api_keys.create(tenant, kind.value, name, permission or None)
        _write(_key_fields(key) | _secret_fields(key, secret), as_json=as_json)
    if not as_json:
        typer.echo("Store the secret now: it is not kept and cannot be shown again.", err=True)


@_keys.command("list")
def list_keys(
    organisation: OrganisationId,
    stack: Stack = Where.AWS,
    stack_name: StackName = "runsheet",
    as_json: AsJson = False,
) -> None:
    """List the keys of an organisation, oldest first, without their secrets."""
    with _deployment(stack, stack_name):
        _write([_key_fields(key) for key in api_keys.of_organisation(organisation)], as_json=as_json)


@_keys.command("revoke")
def revoke_key(
    organisation: OrganisationId,
    key: Annotated[str, typer.Argument(help="Its id, key_….")],
    stack: Stack = Where.AWS,
    stack_name: StackName = "runsheet",
    as_json: AsJson = False,
) -> None:
    """Revoke a key, for good. It stops working everywhere within a minute."""
    with _deployment(stack, stack_name):
        _write(_key_fields(api_keys.revoke(organisation, key)), as_json=as_json)


@contextmanager
def _deployment(stack: Where, stack_name: str) -> Iterator[None]:
    """Make the body work on the tables of a deployment, and end the command readably if it fails."""
    try:
        if stack is Where.LOCAL:
            stack_name = _use_local_stack()
        _use_tables(stack_name)
        yield
    except RunsheetError as error:
        _fail(error.message)
    except (BotoCoreError, ClientError) as error:
        _fail(f"AWS: {error}")


def _use_local_stack() -> str:
    here = Path.cwd()
    file = next(
        (parent / _LOCAL_STACK for parent in (here, *here.parents) if (parent / _LOCAL_STACK).is_file()), None
    )
    if file is None:
        _fail(f"no local stack: {_LOCAL_STACK} is neither in {here} nor above it; start the stack first.")
    local = json.loads(file.read_text(encoding="utf-8"))
    # Whatever the shell holds for AWS would send a local command to the wrong account, or sign it wrongly.
    for name in list(os.environ):
        if name.startswith(("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED")):
            del os.environ[name]
    os.environ["AWS_ENDPOINT_URL"] = local["aws_endpoint_url"]
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "test"  # noqa: S105 -- not secret
    os.environ["AWS_DEFAULT_REGION"] = local.get("region", "us-east-1")
    return str(local["stack_name"])


def _use_tables(stack_name: str) -> None:
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
    for variable, output_name in _TABLES.items():
        if output_name not in outputs:
            _fail(f"the stack {stack_name} has no output {output_name}: it is not a deployment of Runsheet.")
        os.environ[variable] = outputs[output_name]
    settings.cache_clear()
    clients.forget()


def _every_organisation() -> Iterator[Organisation]:
    found, after = organisations.page()
    yield from found
    while after is not None:
        found, after = organisations.page(after=after)
        yield from found


def _organisation_fields(organisation: Organisation) -> dict[str, Any]:
    fields = asdict(organisation)
    return {"id": fields.pop("id"), "name": fields.pop("name")} | fields


def _key_fields(key: ApiKey) -> dict[str, Any]:
    fields = asdict(key)
    del fields["organisation_id"]
    return fields | {"permissions": sorted(key.permissions) if key.permissions is not None else None}


def _secret_fields(key: ApiKey, secret: str) -> dict[str, str]:
    if key.kind != "access":
        return {"secret": secret}
    access_id, _, access_key = secret.partition(":")
    return {"access_id": access_id, "access_key": access_key}


def _write(value: dict[str, Any] | list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(value, default=_text, ensure_ascii=False, indent=2))
    elif isinstance(value, list):
        _write_table(value)
    else:
        width = max(len(name) for name in value)
        for name, cell in value.items():
            typer.echo(f"{name:<{width}}  {_text(cell)}".rstrip())


def _write_table(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    lines = [list(rows[0]), *([_text(cell) for cell in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case list():
            return ",".join(value)
        case _:
            return str(value)


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(code=1)
