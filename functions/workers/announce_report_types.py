"""The stream of DatasetsTable: tell of the report types that can be run for other intervals than before."""

from runsheet.report_types.announcing import announce
from runsheet.runtime.stream import changes

handler = changes(announce)
