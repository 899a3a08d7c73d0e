"""Open the API's routes: the emulator does not read them from the OpenAPI body that SAM makes of the template.

The processed template tells path, method and function of every route; each becomes an integration and a route. The
custom domain 127.0.0.1 then maps to the API's $default stage, so that http://127.0.0.1:<port>/ is the API at its
root, while http://localhost:<port>/ stays AWS. The mapping is made last: where it exists, all routes do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from local.errors import LocalStackError
from local.place import REGION, STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client

    from local.place import Place

_DOMAIN = "127.0.0.1"
_ANY_METHOD = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"


class Route(NamedTuple):
    """A route key, such as `GET /v1/files/{id}`, and the logical id of the function behind it."""

    key: str
    function: str


def routes(template: dict[str, Any]) -> Iterator[Route]:
    """Yield the routes of a processed template, in the order of its paths."""
    apis = [
        resource["Properties"]["Body"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
    ]
    for body in apis:
        for path, methods in body["paths"].items():
            for method, operation in methods.items():
                uri = operation[_INTEGRATION]["uri"]["Fn::Sub"]
                function = uri.partition("/functions/${")[2].partition(".Arn}")[0]
                if path.removeprefix("/") == "$default":
                    key = "$default"
                elif method == _ANY_METHOD:
                    key = f"ANY {path}"
                else:
                    key = f"{method.upper()} {path}"
                yield Route(key, function)


def exist(place: Place) -> bool:
    """Return whether the API answers at the place's base URL."""
    try:
        return bool(_client(place).get_api_mappings(DomainName=_DOMAIN)["Items"])
    except ClientError:
        return False


def close(place: Place) -> None:
    """Take the API from the base URL, if it is there; a deployment that breaks off does not leave it half done."""
    gateway = _client(place)
    try:
        mappings = gateway.get_api_mappings(DomainName=_DOMAIN)["Items"]
    except ClientError:
        return
    for mapping in mappings:
        gateway.delete_api_mapping(DomainName=_DOMAIN, ApiMappingId=mapping["ApiMappingId"])
    gateway.delete_domain_name(DomainName=_DOMAIN)


def create(place: Place) -> None:
    """Make the deployed API's routes anew, and map the base URL to it.

    Raises:
        LocalStackError: the deployed stack has no API.
    """
    gateway = _client(place)
    cloudformation = place.session().client("cloudformation", endpoint_url=place.aws_endpoint_url)
    template: Any = cloudformation.get_template(StackName=STACK_NAME, TemplateStage="Processed")[
        "TemplateBody"
    ]
    names = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
        for resource in page["StackResourceSummaries"]
    }
    api = next(
        (names[id_] for id_, one in template["Resources"].items() if one["Type"].endswith("V2::Api")), None
    )
    if api is None:
        raise LocalStackError("template.yaml has no HTTP API.")
    for old in gateway.get_routes(ApiId=api)["Items"]:
        gateway.delete_route(ApiId=api, RouteId=old["RouteId"])
    for integration in gateway.get_integrations(ApiId=api)["Items"]:
        gateway.delete_integration(ApiId=api, IntegrationId=integration["IntegrationId"])
    account = (
        place.session().client("sts", endpoint_url=place.aws_endpoint_url).get_caller_identity()["Account"]
    )
    for route in routes(template):
        function = f"arn:aws:lambda:{REGION}:{account}:function:{names[route.function]}"
        integration_id = gateway.create_integration(
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
        gateway.create_route(ApiId=api, RouteKey=route.key, Target=f"integrations/{integration_id}")
    gateway.create_domain_name(DomainName=_DOMAIN)
    gateway.create_api_mapping(DomainName=_DOMAIN, ApiId=api, Stage="$default")


def _client(place: Place) -> ApiGatewayV2Client:
    return place.session().client("apigatewayv2", endpoint_url=place.aws_endpoint_url)
