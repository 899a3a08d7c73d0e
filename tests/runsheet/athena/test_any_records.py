"""Whatever the records, their versions and deletions are, both engines make the same of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings

from runsheet import catalog
from tests.runsheet.athena import both
from tests.runsheet.engine.test_identities import INTERVAL, ITEMIZED, lake, relation


@pytest.mark.parametrize(
    "report_type",
    [
        ITEMIZED,
        "connected_account_balance_change_from_activity.summary.1",
        "ending_balance_reconciliation.itemized.4",
    ],
)
@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@hypothesis.given(files=lake)
def test_both_engines_make_the_same(report_type: str, files: Any) -> None:
    given = INTERVAL | {"timezone": "America/New_York"}
    given = {key: value for key, value in given.items() if key in catalog.report_type(report_type).parameters}
    with tempfile.TemporaryDirectory() as directory:
        relations = {"balance_transactions": relation(files, Path(directory))}
        by_duckdb, by_athena = both.of_run(report_type, given, relations)
    assert by_athena == by_duckdb
