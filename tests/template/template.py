"""template.yaml as the tests read it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

ROOT = Path(__file__).parents[2]


@cache
def template() -> dict[str, Any]:
    """Return template.yaml with its short tags (`!Ref`) in their long form (`{"Ref": …}`)."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of the resources of a type (`AWS::SQS::Queue`), by logical id."""
    found = template()["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}


def environment_name(logical_id: str) -> str:
    """Return the environment variable that holds the name of a table or bucket: `REPORT_RUNS_TABLE`."""
    return "".join(f"_{c}" if c.isupper() else c.upper() for c in logical_id).removeprefix("_").upper()
