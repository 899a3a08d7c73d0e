"""Whatever the records, their versions and deletions are, both engines make the same of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

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
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(files=lake)
def test_both_engines_make_the_same(report_type: str, files: Any) -> None:
    with tempfile.TemporaryDirectory() as directory:
        relations = {"balance_transactions": relation(files, Path(directory))}
        by_duckdb, by_athena = both.of_run(
            report_type, INTERVAL | {"timezone": "America/New_York"}, relations
        )
    assert by_athena == by_duckdb
