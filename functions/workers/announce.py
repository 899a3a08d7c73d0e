"""The stream of ReportRunsTable: mail the runs of report configs that have ended."""

from runsheet.report_configs.announcing import announce
from runsheet.runtime.stream import stream

handler = stream(announce)
