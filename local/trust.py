"""Let roles be assumed by the roles that they name: the emulator sees an assumed role where AWS sees the role.

In AWS, `aws:PrincipalArn` of a function is the ARN of its role; in the emulator it is that of the role's session. So
every ARN of a role in a trust policy's condition gets that of its sessions beside it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.place import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.place import Place

_KEY = "aws:PrincipalArn"


def admit_sessions(place: Place) -> None:
    """Widen the trust policies of the stack's roles. Doing it again changes nothing."""
    iam = place.session().client("iam", endpoint_url=place.aws_endpoint_url)
    cloudformation = place.session().client("cloudformation", endpoint_url=place.aws_endpoint_url)
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] != "AWS::IAM::Role":
                continue
            name = resource["PhysicalResourceId"]
            policy: Any = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
            widened = widen(policy)
            if widened != policy:
                iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(widened))


def widen(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trust policy that admits the sessions of the roles that its conditions admit."""
    statements = []
    for statement in policy["Statement"]:
        conditions = {
            operator: {key: _with_sessions(arns) if key == _KEY else arns for key, arns in tests.items()}
            for operator, tests in statement.get("Condition", {}).items()
        }
        statements.append(statement | ({"Condition": conditions} if conditions else {}))
    return {**policy, "Statement": statements}


def _with_sessions(arns: str | list[str]) -> list[str]:
    listed = [arns] if isinstance(arns, str) else arns
    sessions = [
        arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/").removesuffix("*") + "*"
        for arn in listed
        if ":role/" in arn
    ]
    return listed + [session for session in sessions if session not in listed]
