"""The one entrypoint of schedules. It raises what it cannot carry out: EventBridge tries again, alarms see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet.runtime.observability import MetricUnit, metrics, observed

if TYPE_CHECKING:
    from collections.abc import Callable


def scheduled(function: Callable[[], None]) -> Callable[[dict[str, Any], Any], None]:
    """Make `function` the handler of a schedule; it must be idempotent, a schedule fires at least once."""

    @observed
    def handler(_event: dict[str, Any], _context: Any) -> None:  # noqa: ANN401 - Lambda's own object
        function()
        metrics.add_metric("Ticks", MetricUnit.Count, 1)

    return handler
