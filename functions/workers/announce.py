"""The stream of ReportRunsTable: tell of the runs that have ended, by an event, and by mail if a config asked."""

from runsheet.events import announcing as events
from runsheet.report_configs import announcing as report_configs
from runsheet.report_runs import table as report_runs
from runsheet.runtime.stream import stream


def announce(key: dict[str, str]) -> None:
    """Tell of one run."""
    run = report_runs.ended(key)
    if run is not None:
        recorded = events.record([events.of_run(run)])
        report_configs.announce(run)
        # Last: the bus would get it once more for each time that something before it failed.
        events.publish(recorded)


handler = stream(announce)
