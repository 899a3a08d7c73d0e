"""Makes docs/openapi.json from the handlers: `make openapi`. A test holds the committed copy against the code."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from pydantic.json_schema import models_json_schema

from runsheet.api_keys.model import PERMISSIONS
from runsheet.files.model import CONTENT_TYPES
from runsheet.runtime.dialects import dialect_of, usage, v2
from runsheet.runtime.dialects.v1 import FORM
from runsheet.runtime.http import Response

if TYPE_CHECKING:
    from runsheet.runtime.http import Operation

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "openapi.json"
_REFERENCE = "#/components/schemas/{model}"
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type"],
            "properties": {
                "code": {"type": "string", "description": "Stable, for programs"},
                "doc_url": {"type": "string", "format": "uri"},
                "message": {"type": "string", "description": "What is wrong and what is allowed"},
                "param": {"type": "string", "description": "The field it is about"},
                "type": {
                    "type": "string",
                    "enum": ["api_error", "idempotency_error", "invalid_request_error"],
                },
            },
        }
    },
}
_ERRORS_OF_V2 = {
    "Detail": {
        "type": "object",
        "required": ["detail"],
        "properties": {"detail": {"type": "string", "description": "What is wrong"}},
    },
    "InvalidDetail": {
        "type": "object",
        "required": ["detail"],
        "properties": {
            "detail": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["loc", "msg", "type"],
                    "properties": {
                        "loc": {
                            "type": "array",
                            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                            "description": "Where: body or query, then names and positions",
                        },
                        "msg": {"type": "string", "description": "What is wrong and what is allowed"},
                        "type": {"type": "string", "description": "Stable, for programs"},
                    },
                },
            }
        },
    },
}
_ERRORS_OF_USAGE = {
    "UsageErrors": {
        "type": "object",
        "required": ["id", "errors"],
        "properties": {
            "id": {
                "type": "string",
                "description": "Of this answer",
                "pattern": "^[A-Z0-9]{5}(-[A-Z0-9]{5}){2}$",
            },
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["code", "message"],
                    "properties": {
                        "code": {"type": "string", "description": "Stable, for programs"},
                        "message": {"type": "string", "description": "What is wrong"},
                        "detail": {"type": "string", "description": "Where, and what is allowed"},
                    },
                },
            },
        },
    }
}
_IN_USE = "Another request of the same idempotency key is being carried out"
_FAILURES = {
    "400": "The request cannot be carried out as it is",
    "401": "No key, or none that is in force",
    "403": "The key may not do this",
    "404": "No such object",
    "429": "The key asks for more than its limit; Retry-After tells when it may again",
}
_PARAMETER = "#/components/parameters/{name}"
_HEADERS = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Names the request, so that sending it again is harmless: for 24 hours it gets the first answer, "
        "with the header Idempotent-Replayed",
        "schema": {"type": "string", "maxLength": 255},
    },
    "Account": {
        "name": "Stripe-Account",
        "in": "header",
        "description": "A child of the key's organisation to act for; the request is then about its data, in the key's "
        "mode",
        "schema": {"type": "string", "pattern": "^org_[0-9A-Za-z]+$"},
    },
}
_PAGE = {"text/html": {"schema": {"type": "string"}}}
# What the public pages answer; each route has some of them.
_PAGES = {
    "200": {"description": "Done, or a page that asks", "content": _PAGE},
    "302": {"description": "The file is at the address in Location, for a minute"},
    "404": {"description": "No such link", "content": _PAGE},
    "410": {"description": "The link has expired or was withdrawn, or its file is gone", "content": _PAGE},
}


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every route that a handler declares."""
    operations = [(noun, operation) for noun, operation in _operations() if operation]
    schemas = _schemas([operation for _, operation in operations])
    paths: dict[str, Any] = {}
    for noun, operation in operations:
        for route in operation.routes:
            method, path = route.split()
            described = _described(noun, operation, schemas)
            if route != operation.route:
                described["operationId"] += ".under" + operation.also_under.replace("/", ".")
            paths.setdefault(path, {})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Runsheet",
            "version": _version(),
            "summary": "Report runs, their files, and the datasets they read",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"] | {"Error": _ERROR} | _ERRORS_OF_V2 | _ERRORS_OF_USAGE,
            "parameters": _HEADERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A secret or restricted key"},
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "A key as the user with an empty password, or an access id and its access key",
                },
            },
        },
    }


def text() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operations() -> list[tuple[str, Operation | None]]:
    sys.path.insert(0, str(ROOT / "functions"))
    found = []
    for path in sorted((ROOT / "functions").glob("*/*.py")):
        noun, name = path.parent.name, path.stem
        handler = importlib.import_module(f"{noun}.{name}").handler
        found.append((f"{noun}.{name}", getattr(handler, "operation", None)))
    return found


def _schemas(operations: list[Operation]) -> dict[str, Any]:
    named = [(name, model) for o in operations for name, models in o.models.items() for model in models]
    requests = {model for name, model in named if name != "return"}
    answers = {model for name, model in named if name == "return"}
    models = [(model, "validation") for model in requests] + [(model, "serialization") for model in answers]
    by_name = sorted(models, key=lambda pair: pair[0].__name__)
    _, definitions = models_json_schema(by_name, ref_template=_REFERENCE)  # type: ignore[arg-type]
    return definitions


def _described(noun: str, operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": noun,
        "tags": [noun.split(".", maxsplit=1)[0]],
        "summary": (operation.function.__doc__ or "").splitlines()[0],
        "description": _needed(operation),
        "parameters": [
            *_path_parameters(operation.route),
            *_query_parameters(operation, schemas),
            *_header_parameters(operation),
        ],
        "responses": _responses(operation) if operation.permission else _PAGES,
    }
    if not operation.permission:
        described["security"] = []
    if "body" in operation.hints:
        described["requestBody"] = _body(operation, schemas)
    return described


def _needed(operation: Operation) -> str:
    if not operation.permission:
        return "Public: the token in the path, which stands in a mail, is the only credential."
    return f"A restricted key needs `{operation.permission}`: {PERMISSIONS[operation.permission]}."


def _path_parameters(route: str) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", route)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(operation: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    model = operation.hints.get("query")
    if model is None:
        return []
    properties = schemas["$defs"][model.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema} | _nested(schema)
        for name, schema in properties.items()
    ]


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    if not operation.permission:
        return []
    names = ["IdempotencyKey", "Account"] if operation.method == "POST" else ["Account"]
    return [{"$ref": _PARAMETER.format(name=name)} for name in names]


def _nested(schema: dict[str, Any]) -> dict[str, Any]:
    return {"style": "deepObject", "explode": True} if "$ref" in schema else {}


def _is_hash(schema: dict[str, Any]) -> bool:
    alternatives = schema.get("anyOf", [schema])
    return any(one.get("type") == "object" or "$ref" in one for one in alternatives)


def _body(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    hint = operation.hints["body"]
    if hint is bytes:
        batch = {"type": "array", "items": {"type": "object"}}
        return {
            "required": True,
            "content": {
                "application/json": {"schema": batch},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        }
    (model,) = operation.models["body"]
    schema = {"$ref": _REFERENCE.format(model=model.__name__)}
    if dialect_of(operation.path) in {usage, v2}:
        return {"required": NoneType not in get_args(hint), "content": {v2.JSON: {"schema": schema}}}
    nested = {
        name: {"style": "deepObject", "explode": True}
        for name, property_ in schemas["$defs"][model.__name__]["properties"].items()
        if _is_hash(property_)
    }
    return {"content": {FORM: {"schema": schema} | ({"encoding": nested} if nested else {})}}


def _responses(operation: Operation) -> dict[str, Any]:
    answer = operation.hints["return"]
    responses: dict[str, Any] = {}
    if answer is Response:
        responses["200"] = {
            "description": "The bytes",
            "content": {
                media.partition(";")[0]: {"schema": {"type": "string"}} for media in CONTENT_TYPES.values()
            },
        }
        responses["302"] = {"description": "The bytes are at the address in Location"}
        responses["304"] = {"description": "The bytes are those that If-None-Match names"}
    elif answer is NoneType:
        responses["204"] = {"description": "Done"}
    else:
        (model,) = operation.models["return"]
        schema: dict[str, Any] = {"$ref": _REFERENCE.format(model=model.__name__)}
        if answer is not model:
            schema = {"type": "array", "items": schema}
        responses["200"] = {"description": "Done", "content": {"application/json": {"schema": schema}}}
    return responses | _failures(operation)


def _failures(operation: Operation) -> dict[str, Any]:
    if dialect_of(operation.path) is usage:
        more = {"415": "The body is not JSON"} if "body" in operation.hints else {}
        return {status: _failure(text, "UsageErrors") for status, text in (_FAILURES | more).items()}
    repeatable = operation.method == "POST"
    if dialect_of(operation.path) is not v2:
        texts = _FAILURES | ({"409": _IN_USE} if repeatable else {})
        return {status: _failure(text, "Error") for status, text in texts.items()}
    found = {status: _failure(text, "Detail") for status, text in _FAILURES.items() if status != "400"}
    if "body" in operation.hints:
        at_odds = "It is at odds with what is stored"
        found["409"] = _failure(f"{at_odds}. {_IN_USE}" if repeatable else at_odds, "Detail")
        found["415"] = _failure("The body is not JSON", "Detail")
    if {"body", "query"} & operation.hints.keys():
        found["422"] = _failure("Something in the request is wrong", "InvalidDetail")
    return found


def _failure(text: str, schema: str) -> dict[str, Any]:
    return {
        "description": text,
        "content": {"application/json": {"schema": {"$ref": _REFERENCE.format(model=schema)}}},
    }


def _version() -> str:
    return next(
        line.split('"')[1]
        for line in (ROOT / "pyproject.toml").read_text().splitlines()
        if line.startswith("version")
    )


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
