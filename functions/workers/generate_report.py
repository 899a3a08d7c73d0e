"""ReportRunsQueue: run one report and store its CSV."""

from runsheet.report_runs.execution import execute
from runsheet.report_runs.model import RunRequested
from runsheet.runtime.queue import worker
from runsheet.runtime.settings import settings

handler = worker(RunRequested, execute, queue_url=lambda: settings().report_runs_queue_url)
