"""What docs/webhooks.md shows is what there is."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from runsheet.events.model import TYPES, Event, EventObject, shown
from runsheet.report_runs.model import ReportRunObject
from runsheet.report_types.model import ReportTypeObject
from runsheet.tenancy import Tenant
from runsheet.webhook_deliveries.model import RETRY_OFFSETS, AttemptObject, WebhookDeliveryObject
from tests.template.template import ROOT

TEXT = (ROOT / "docs" / "webhooks.md").read_text()
EVENT, DELIVERY, SCHEMA = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL))


def test_the_table_of_events_has_each_of_them() -> None:
    assert set(re.findall(r"^\| `(reporting\.\S+)` \|", TEXT, re.MULTILINE)) == set(TYPES)
    assert set(SCHEMA["properties"]["type"]["enum"]) == set(TYPES)


def test_the_examples_have_the_fields_that_there_are() -> None:
    assert EVENT.keys() == EventObject.model_fields.keys() == SCHEMA["properties"].keys()
    assert DELIVERY.keys() == WebhookDeliveryObject.model_fields.keys()
    assert DELIVERY["attempts"][0].keys() == AttemptObject.model_fields.keys()
    WebhookDeliveryObject.model_validate(DELIVERY)


def test_the_hours_of_retries_are_those_that_are_kept() -> None:
    assert "1, 5, 15 and 45 minutes, 2, 5, 10, 18, 28, 40, 55 and 72 hours" in TEXT
    minutes = [offset // 60 for offset in RETRY_OFFSETS]
    assert minutes == [1, 5, 15, 45, *(60 * hours for hours in (2, 5, 10, 18, 28, 40, 55, 72))]


@pytest.mark.parametrize("kind", [ReportRunObject, ReportTypeObject])
def test_events_are_valid_by_the_documented_schema(kind: Any) -> None:
    about = {"id": "x", "object": kind.model_fields["object"].default}
    event = shown(Event(Tenant("org_a", "live"), "evt_0A", TYPES[0], 1, about, frozenset({"we_1"})))
    body = event.model_dump(mode="json")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(body, SCHEMA)
    wrongs: list[dict[str, Any]] = [{"type": "charge.succeeded"}, {"data": {"object": {}}}, {"created": "1"}]
    for wrong in wrongs:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(body | wrong, SCHEMA)
