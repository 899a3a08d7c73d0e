"""What the local stack reads out of the deployed template, and what it changes of it."""

from __future__ import annotations

from typing import Any

import pytest

from local.routes import Route, routes
from local.trust import widen


def integration(function: str) -> dict[str, Any]:
    arn = (
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
        f"${{{function}.Arn}}/invocations"
    )
    return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": arn}}}


@pytest.mark.parametrize("default", ["$default", "/$default"])
def test_routes_come_from_the_openapi_body(default: str) -> None:
    paths = {
        "/v1/files/{id}": {"get": integration("Retrieve"), "delete": integration("Delete")},
        "/v1/hooks": {"x-amazon-apigateway-any-method": integration("Hooks")},
        default: {"x-amazon-apigateway-any-method": integration("NotFound")},
    }
    template = {
        "Resources": {
            "Table": {"Type": "AWS::DynamoDB::Table"},
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": {"paths": paths}}},
        }
    }

    assert list(routes(template)) == [
        Route("GET /v1/files/{id}", "Retrieve"),
        Route("DELETE /v1/files/{id}", "Delete"),
        Route("ANY /v1/hooks", "Hooks"),
        Route("$default", "NotFound"),
    ]


def test_a_trust_policy_admits_the_sessions_of_the_roles_it_names() -> None:
    role, session = "arn:aws:iam::1:role/a-*", "arn:aws:sts::1:assumed-role/a-*"
    statement = {"Effect": "Allow", "Condition": {"ArnLike": {"aws:PrincipalArn": role}}}

    widened = widen({"Version": "2012-10-17", "Statement": [statement]})

    assert widened["Statement"][0]["Condition"] == {"ArnLike": {"aws:PrincipalArn": [role, session]}}
    assert widen(widened) == widened


def test_a_trust_policy_without_such_a_condition_stays_as_it_is() -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    policy = {"Version": "2012-10-17", "Statement": [statement]}

    assert widen(policy) == policy
