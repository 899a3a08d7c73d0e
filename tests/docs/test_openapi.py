"""The OpenAPI document is valid, current and complete."""

from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator

from docs.openapi import DOCUMENT, document, text
from tests.template.template import resources


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_the_committed_copy_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == text(), "run `make openapi` and commit docs/openapi.json"


def test_headers_are_told_of_where_they_are_read() -> None:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            told = [
                parameter["$ref"].rpartition("/")[2]
                for parameter in operation["parameters"]
                if "$ref" in parameter
            ]
            public = path.startswith(("/links/", "/unsubscribe/"))
            expected = [] if public else ["Account"] if method != "post" else ["IdempotencyKey", "Account"]
            assert told == expected, (method, path)


def test_every_route_of_the_template_is_in_the_document() -> None:
    documented = {
        (method.upper(), path) for path, methods in document()["paths"].items() for method in methods
    }
    routed = {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for function in resources("AWS::Serverless::Function").values()
        for event in function["Events"].values()
        if event["Type"] == "HttpApi" and "Path" in event["Properties"]
    }
    assert documented == routed
