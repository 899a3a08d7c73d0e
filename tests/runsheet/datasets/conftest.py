"""A lake that DuckDB can reach, the tables, and a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runsheet.tenancy import Tenant
from tests import lake as lakes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    with lakes.served(monkeypatch):
        yield


@pytest.fixture
def tenant() -> Tenant:
    return Tenant("org_a", "test")
