"""The house rules of template.yaml, as code."""

from __future__ import annotations

import ast
import importlib
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.athena_queries import service as athena_queries
from runsheet.deliveries.execution import MAX_ATTEMPTS
from runsheet.idempotency.model import HELD_SECONDS
from runsheet.runtime.dialects import usage
from runsheet.runtime.settings import Settings
from tests.template.template import ROOT, resources, template

if TYPE_CHECKING:
    from pathlib import Path

FUNCTIONS = resources("AWS::Serverless::Function")
WORKERS = {name: f for name, f in FUNCTIONS.items() if f["Handler"].startswith("workers.")}
ROUTED = {name: f for name, f in FUNCTIONS.items() if name not in WORKERS and name != "NotFoundFunction"}
# Routes without a key: what they open is named by a secret token in the path.
PUBLIC = {
    "LinksCheckFunction",
    "LinksRetrieveFunction",
    "UnsubscribeRetrieveFunction",
    "UnsubscribeUpdateFunction",
}
GLOBAL_VARIABLES = template()["Globals"]["Function"]["Environment"]["Variables"]

# Statements whose resource is every resource, each with its reason.
EVERY_RESOURCE: dict[str, str] = {}

# Routes of a contract whose paths do not name a noun.
NAMED_BY_THEIR_CONTRACT = {
    "GET /v1/account/status": "account.status",
    "POST /v1/account/usage/report": "account_usage.create",
    "GET /v1/account/usage/report/{jobId}/status": "account_usage.status",
    "GET /v1/account/usageForecast": "account_usage.forecast",
}

# Operations that the last segment of their path is called by.
NAMED_BY_THE_PATH = {
    "cancel",
    "contents",
    "deliveries",
    "preview",
    "resend",
    "rotate_secret",
    "send",
    "upcoming",
}

# What an operation is called, by its verb and by whether its path ends in an object.
OPERATIONS = {
    ("GET", False): {"list"},
    ("GET", True): {"retrieve"},
    ("HEAD", True): {"check"},
    ("POST", False): {"create"},
    ("POST", True): {"update"},
    ("PATCH", True): {"update"},
    ("DELETE", True): {"delete"},
}


def handler_file(function: dict[str, Any]) -> Path:
    path: str = function["Handler"].removesuffix(".handler").replace(".", "/")
    return ROOT / "functions" / f"{path}.py"


def statements() -> list[tuple[str, dict[str, Any]]]:
    """Every policy statement of the template that allows something, with the resource it belongs to."""
    found = [
        (name, statement)
        for name, function in FUNCTIONS.items()
        for policy in function.get("Policies", [])
        if "Statement" in policy
        for statement in policy["Statement"]
    ]
    for name, properties in (resources("AWS::IAM::ManagedPolicy") | resources("AWS::IAM::Role")).items():
        documents = [
            properties.get("PolicyDocument"),
            *(p["PolicyDocument"] for p in properties.get("Policies", [])),
        ]
        found += [
            (name, statement) for document in documents if document for statement in document["Statement"]
        ]
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_handler_string_has_its_file_with_a_handler(name: str) -> None:
    tree = ast.parse(handler_file(FUNCTIONS[name]).read_text())
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    defined |= {
        t.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for t in node.targets
        if isinstance(t, ast.Name)
    }
    assert "handler" in defined


def test_every_file_has_its_function() -> None:
    files = {path for path in (ROOT / "functions").rglob("*.py") if path.name != "__init__.py"}
    assert files == {handler_file(function) for function in FUNCTIONS.values()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_logical_id_is_the_handler(name: str) -> None:
    words = (
        FUNCTIONS[name]["Handler"]
        .removesuffix(".handler")
        .removeprefix("workers.")
        .replace(".", "_")
        .split("_")
    )
    assert name == "".join(word.capitalize() for word in words) + "Function"


@pytest.mark.parametrize("name", ROUTED)
def test_the_route_is_the_handler(name: str) -> None:
    """`POST /v1/datasets/{dataset}/uploads` is `dataset_uploads.create`, in the template and in the file."""
    event = FUNCTIONS[name]["Events"]["Route"]["Properties"]
    noun, operation, _ = FUNCTIONS[name]["Handler"].split(".")
    route = f"{event['Method']} {event['Path']}"
    decorator = "page" if name in PUBLIC else "endpoint"
    # A long route is on the next line.
    assert f'@{decorator}("{route}"' in re.sub(r"\(\s+", "(", handler_file(FUNCTIONS[name]).read_text())
    if event["Path"].startswith("/v1/account/"):
        assert NAMED_BY_THEIR_CONTRACT[route] == f"{noun}.{operation}"
        return
    segments = event["Path"].strip("/").split("/")
    static = [segment for segment in segments if not segment.startswith("{")]
    if operation in NAMED_BY_THE_PATH:
        assert static.pop() == operation
    else:
        assert operation in OPERATIONS[event["Method"], segments[-1].startswith("{")]
    parents = [s.removesuffix("s") for s in static[1:-1] if s != "reporting"]
    assert noun == "_".join([*parents, static[-1]]).replace("-", "_")


@pytest.mark.parametrize("name", ROUTED)
def test_a_route_of_the_account_usage_contract_stands_under_api_as_well(name: str) -> None:
    """Its clients have /api in the base address, or have it not; no other route has a second path."""
    routes = {
        key: f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for key, event in FUNCTIONS[name]["Events"].items()
    }
    operation = importlib.import_module(FUNCTIONS[name]["Handler"].removesuffix(".handler")).handler.operation
    of_usage = operation.path.startswith("/v1/account/")
    assert list(routes.values()) == operation.routes
    assert list(routes) == (["Route", "ApiRoute"] if of_usage else ["Route"])
    assert operation.also_under == (usage.PREFIX if of_usage else "")


def test_the_dialect_of_account_usage_knows_the_verbs_of_its_routes() -> None:
    routes = [event["Properties"] for f in ROUTED.values() for event in f["Events"].values()]
    verbs = {route["Path"]: route["Method"] for route in routes if route["Path"].startswith("/v1/account/")}
    assert verbs == usage.VERBS
    assert {f"{verb} {path}" for path, verb in verbs.items()} == NAMED_BY_THEIR_CONTRACT.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_handlers_are_short(name: str) -> None:
    lines = [line for line in handler_file(FUNCTIONS[name]).read_text().splitlines() if line.strip()]
    assert len(lines) <= 25


@pytest.mark.parametrize("name", FUNCTIONS)
def test_handlers_import_only_runsheet(name: str) -> None:
    tree = ast.parse(handler_file(FUNCTIONS[name]).read_text())
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert [m for m in modules if m.split(".")[0] not in {"runsheet", "__future__"}] == []


def test_powertools_and_boto3_clients_live_in_runtime() -> None:
    package = ROOT / "layers/core/runsheet"
    outside = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(
            r"^\s*(import boto3|from boto3|from aws_lambda_powertools)", path.read_text(), re.MULTILINE
        )
        and path.parent.name != "runtime"
    ]
    # The command line tool runs on an operator's machine and asks CloudFormation, which no function does.
    assert sorted(outside) == ["cli.py"]


def test_no_statement_allows_every_resource_or_action_without_a_written_reason() -> None:
    wide = {
        name
        for name, statement in statements()
        for resource in (
            [statement["Resource"]] if not isinstance(statement["Resource"], list) else statement["Resource"]
        )
        if resource == "*"
    }
    assert wide == EVERY_RESOURCE.keys()
    actions = [
        action
        for _, statement in statements()
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert actions
    assert [action for action in actions if "*" in action] == []


def test_no_function_has_more_than_its_inline_and_the_shared_policies() -> None:
    named = [
        policy for f in FUNCTIONS.values() for policy in f.get("Policies", []) if "Statement" not in policy
    ]
    assert all(policy in ({"Ref": "AuthenticationPolicy"}, {"Ref": "IdempotencyPolicy"}) for policy in named)


@pytest.mark.parametrize("name", ROUTED)
def test_every_post_with_a_key_is_carried_out_once(name: str) -> None:
    """Nothing else reads the answers that are kept; who holds a request is dead when another takes it over."""
    function = FUNCTIONS[name]
    posts = function["Events"]["Route"]["Properties"]["Method"] == "POST" and name not in PUBLIC
    assert ({"Ref": "IdempotencyPolicy"} in function["Policies"]) == posts
    timeout = function.get("Timeout", template()["Globals"]["Function"]["Timeout"])
    assert not posts or timeout < HELD_SECONDS


def test_answers_that_may_hold_secrets_are_in_no_backup() -> None:
    properties = resources("AWS::DynamoDB::Table")["IdempotencyTable"]
    assert "PointInTimeRecoverySpecification" not in properties
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.parametrize("name", ROUTED)
def test_every_route_but_the_public_ones_asks_for_a_key(name: str) -> None:
    policies = FUNCTIONS[name]["Policies"]
    assert ({"Ref": "AuthenticationPolicy"} in policies) == (name not in PUBLIC)
    assert any("{token}" in event["Properties"]["Path"] for event in FUNCTIONS[name]["Events"].values()) == (
        name in PUBLIC
    )


def test_only_those_who_make_or_show_file_links_may_make_their_tokens() -> None:
    """Following a link takes its token's hash, so the public functions hold nothing that opens other links."""
    readers = {name for name, s in statements() if "secretsmanager:GetSecretValue" in s["Action"]}
    makers = {name for name in FUNCTIONS if name.startswith("FileLinks")} | {"SendEmailFunction"}
    assert readers == makers
    assert not readers & PUBLIC


def test_only_the_sender_reads_what_webhooks_are_signed_with() -> None:
    """The others write it without getting it back, and nobody but these three touches it."""
    table = {"Fn::GetAtt": ["WebhookSecretsTable", "Arn"]}
    rights: dict[str, set[str]] = {}
    for name, statement in statements():
        listed = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        if table in listed:
            actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            rights.setdefault(name, set()).update(actions)
            if name != "SendWebhookFunction":
                assert statement["Condition"] == {
                    "StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"}
                }, name
    assert rights == {
        "SendWebhookFunction": {"dynamodb:BatchGetItem"},
        "WebhookEndpointsCreateFunction": {"dynamodb:PutItem"},
        "WebhookEndpointsDeleteFunction": {"dynamodb:DeleteItem"},
        "WebhookEndpointsRotateSecretFunction": {"dynamodb:UpdateItem"},
    }
    assert resources("AWS::DynamoDB::Table")["WebhookSecretsTable"]["SSESpecification"]["SSEEnabled"] is True


def test_only_the_compactor_may_delete_from_the_lake() -> None:
    lake = {"Fn::Sub": "${LakeBucket.Arn}/lake/*"}
    deleting = [
        name for name, s in statements() if "s3:DeleteObject" in s["Action"] and s["Resource"] == lake
    ]
    assert deleting == ["LakeCompactionRole"]
    role = resources("AWS::IAM::Role")["LakeCompactionRole"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert role["Condition"]["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"].endswith("-CompactDataset*")


def test_what_athena_writes_is_read_by_the_worker_alone_and_not_with_the_rights_of_a_query() -> None:
    results = {"Fn::Sub": "${ResultsBucket.Arn}/athena/*"}
    rights = {name: set(s["Action"]) for name, s in statements() if s["Resource"] == results}
    assert rights == {
        "GenerateReportFunction": {"s3:GetObject", "s3:DeleteObject"},
        "LakeQueryRole": {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"},
    }
    configuration = resources("AWS::Athena::WorkGroup")["AthenaWorkGroup"]["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    location = {"Fn::Sub": f"s3://${{ResultsBucket}}/{athena_queries.PREFIX}"}
    assert configuration["ResultConfiguration"]["OutputLocation"] == location
    rules = resources("AWS::S3::Bucket")["ResultsBucket"]["LifecycleConfiguration"]["Rules"]
    assert {
        "Id": "athena",
        "Status": "Enabled",
        "Prefix": athena_queries.PREFIX,
        "ExpirationInDays": 1,
    } in rules


def test_queries_are_started_with_a_narrowed_role_and_stopped_by_one_function() -> None:
    starting = {name for name, s in statements() if "athena:StartQueryExecution" in s["Action"]}
    stopping = {name for name, s in statements() if "athena:StopQueryExecution" in s["Action"]}
    assert starting == {"LakeQueryRole"}
    assert stopping == {"LakeQueryRole", "StopQueryFunction"}


QUEUES = resources("AWS::SQS::Queue")


@pytest.mark.parametrize("name", [name for name in QUEUES if "DeadLetter" not in name])
def test_every_queue_has_a_dead_letter_queue_with_an_alarm_and_time_for_six_tries(name: str) -> None:
    target = QUEUES[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert target in QUEUES
    watched = [
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in resources("AWS::CloudWatch::Alarm").values()
    ]
    assert target in watched
    readers = [
        f
        for f in FUNCTIONS.values()
        for event in f["Events"].values()
        if event["Type"] == "SQS" and event["Properties"]["Queue"]["Fn::GetAtt"][0] == name
    ]
    assert len(readers) == 1
    assert QUEUES[name]["VisibilityTimeout"] >= 6 * readers[0]["Timeout"]
    event = next(e for e in readers[0]["Events"].values() if e["Type"] == "SQS")
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_settings_know_every_environment_name_and_the_template_every_setting() -> None:
    in_template = {name for f in FUNCTIONS.values() for name in f.get("Environment", {}).get("Variables", {})}
    in_template |= {name for name in GLOBAL_VARIABLES if not name.startswith(("POWERTOOLS_", "PYDANTIC_"))}
    assert in_template == {field.name.upper() for field in fields(Settings)}


def test_logs_are_kept_for_the_retention_that_was_asked_for() -> None:
    groups = resources("AWS::Logs::LogGroup")
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    assert template()["Globals"]["Function"]["LoggingConfig"]["LogGroup"]["Ref"] in groups
    api = resources("AWS::Serverless::HttpApi")["HttpApi"]
    assert api["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0] in groups
    assert "authorization" not in api["AccessLogSettings"]["Format"].lower()


@pytest.mark.parametrize("name", resources("AWS::S3::Bucket"))
def test_buckets_are_private_encrypted_and_answer_tls_only(name: str) -> None:
    bucket = resources("AWS::S3::Bucket")[name]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    policies = [p for p in resources("AWS::S3::BucketPolicy").values() if p["Bucket"] == {"Ref": name}]
    (statement,) = policies[0]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


@pytest.mark.parametrize("name", [name for name in WORKERS if "EphemeralStorage" not in WORKERS[name]])
def test_only_engine_workers_need_room_on_disk(name: str) -> None:
    assert {"Ref": "EngineLayer"} not in WORKERS[name].get("Layers", [])


def test_a_mail_is_given_up_before_its_message_is() -> None:
    """The worker's last attempt says in the delivery that it was the last; a dead letter would say nothing."""
    assert QUEUES["EmailsQueue"]["RedrivePolicy"]["maxReceiveCount"] == MAX_ATTEMPTS + 1


def test_one_organisation_leaves_workers_to_others() -> None:
    parameters = template()["Parameters"]
    assert 0 < parameters["ReportRunsPerOrganisation"]["Default"] < parameters["ReportWorkers"]["Default"]
