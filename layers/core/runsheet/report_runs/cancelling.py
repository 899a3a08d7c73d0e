"""Cancel a run: it ends at once, and its worker stops when it next extends its lease."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.errors import InvalidRequest
from runsheet.report_runs import failures, service, table

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun
    from runsheet.tenancy import Tenant


def cancel(tenant: Tenant, run_id: str) -> ReportRun:
    """End a pending run as `failed` with the code `cancelled`, and return it; one that was cancelled stays as it is.

    The contract knows no other end (v1, 1.1), so programs that wait for `succeeded` or `failed` see it too.

    Raises:
        NotFound: unknown, or another tenant's.
        InvalidRequest: the run has ended otherwise.
    """
    run = service.retrieve(tenant, run_id)
    if run.status == "pending":
        ended = failures.cancelled()
        table.fail(run, error=ended.message, code=ended.code)
        run = service.retrieve(tenant, run_id)
    if run.error_code != failures.cancelled().code:
        raise InvalidRequest(
            f"You cannot cancel this report_run because it has a status of {run.status}. Only a run with the status"
            " pending can be cancelled.",
            param="id",
            code="report_run_ended",
        )
    return run
