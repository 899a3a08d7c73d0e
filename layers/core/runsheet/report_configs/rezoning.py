"""What a new time zone of an organisation means for its configs."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from runsheet.errors import NotFound
from runsheet.report_configs import service, table
from runsheet.tenancy import Mode, Tenant

if TYPE_CHECKING:
    from runsheet.organisations.model import Organisation


def rezone_all(organisation: Organisation) -> int:
    """Compute the next send of every config of both modes in the organisation's zone; return how many changed.

    Doing it again does no harm. If it ends half-way, the dispatcher does the rest: it moves a config whose zone is no
    longer the organisation's instead of sending it.
    """
    moved = 0
    for mode in get_args(Mode):
        tenant = Tenant(organisation.id, mode)
        for config in table.of_tenant(tenant):
            if service.rezone(config, organisation.timezone) == config:
                continue
            try:
                service.stored(
                    tenant, config.id, lambda config: service.rezone(config, organisation.timezone)
                )
            except NotFound:
                continue  # deleted meanwhile
            moved += 1
    return moved
