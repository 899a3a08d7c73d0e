"""Makes docs/openapi.json from the handlers: `make openapi`. A test holds the committed copy against the code."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic.json_schema import models_json_schema

from runsheet.api_keys.model import PERMISSIONS
from runsheet.runtime.dialects.v1 import FORM
from runsheet.runtime.http import Response
from runsheet.runtime.model import Model

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
                "type": {"type": "string", "enum": ["api_error", "invalid_request_error"]},
            },
        }
    },
}
_FAILURES = {
    "400": "The request cannot be carried out as it is",
    "401": "No key, or none that is in force",
    "403": "The key may not do this",
    "404": "No such object",
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
        method, path = operation.route.split()
        paths.setdefault(path, {})[method.lower()] = _described(noun, operation, schemas)
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
            "schemas": schemas["$defs"] | {"Error": _ERROR},
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
    requests = {
        hint
        for operation in operations
        for name, hint in operation.hints.items()
        if _is_model(hint) and name != "return"
    }
    answers = {operation.hints["return"] for operation in operations if _is_model(operation.hints["return"])}
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
        "parameters": [*_path_parameters(operation.route), *_query_parameters(operation, schemas)],
        "responses": _responses(operation) if operation.permission else _PAGES,
    }
    if not operation.permission:
        described["security"] = []
    if "body" in operation.hints:
        described["requestBody"] = _body(operation.hints["body"])
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


def _nested(schema: dict[str, Any]) -> dict[str, Any]:
    return {"style": "deepObject", "explode": True} if "$ref" in schema else {}


def _body(hint: Any) -> dict[str, Any]:
    if hint is bytes:
        batch = {"type": "array", "items": {"type": "object"}}
        return {
            "required": True,
            "content": {
                "application/json": {"schema": batch},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        }
    schema = {"$ref": _REFERENCE.format(model=hint.__name__)}
    nested = {
        name: {"style": "deepObject", "explode": True}
        for name, field in hint.model_fields.items()
        if field.annotation not in {str, int}
        and not set(get_args(field.annotation)) <= {str, int, type(None)}
    }
    return {"content": {FORM: {"schema": schema} | ({"encoding": nested} if nested else {})}}


def _responses(operation: Operation) -> dict[str, Any]:
    answer = operation.hints["return"]
    responses: dict[str, Any] = {}
    if answer is Response:
        responses["200"] = {
            "description": "The bytes",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
        responses["302"] = {"description": "The bytes are at the address in Location"}
        responses["304"] = {"description": "The bytes are those that If-None-Match names"}
    else:
        schema = {"$ref": _REFERENCE.format(model=answer.__name__)}
        responses["200"] = {"description": "Done", "content": {"application/json": {"schema": schema}}}
    error = {"application/json": {"schema": {"$ref": _REFERENCE.format(model="Error")}}}
    return responses | {status: {"description": text, "content": error} for status, text in _FAILURES.items()}


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Model)


def _version() -> str:
    return next(
        line.split('"')[1]
        for line in (ROOT / "pyproject.toml").read_text().splitlines()
        if line.startswith("version")
    )


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
