"""Runs of reports by Athena, for inputs that are too large for one Lambda: the same SQL in Trino's dialect.

A worker makes the statement, which takes sqlglot, and another reads what Athena has written, which takes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.athena.model import Statement
from runsheet.athena.result import cells_of, totals

if TYPE_CHECKING:
    from runsheet.engine.run import Run
    from runsheet.tenancy import Tenant

__all__ = ["Statement", "cells_of", "statement", "totals"]


def statement(tenant: Tenant, run: Run) -> Statement:
    """Return the statement of a run, see `athena.report`."""
    from runsheet.athena import report  # noqa: PLC0415 - only who makes a statement loads sqlglot

    return report.statement(tenant, run)
