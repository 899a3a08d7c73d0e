"""How many records a dataset holds, where newer versions and deletions hide some: the engine has to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.engine.credentials import lake_credentials
from runsheet.engine.relations import relation
from runsheet.engine.session import attach_lake, connect, lock

if TYPE_CHECKING:
    from runsheet.datasets.model import Snapshot
    from runsheet.tenancy import Tenant


def visible_rows(tenant: Tenant, snapshot: Snapshot) -> int:
    """Return the number of records that a report over all of the snapshot sees, exactly."""
    merged = relation(snapshot)
    with connect() as connection:
        attach_lake(connection, lake_credentials(tenant))
        lock(connection, merged.paths)
        merged.prepare(connection)
        counted = connection.execute(f"select count(*) from ({merged.sql()})").fetchone()  # noqa: S608
    return int(counted[0]) if counted else 0
