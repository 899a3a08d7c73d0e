"""DatasetCompactionsQueue: rewrite many small files of a dataset as few large ones."""

from runsheet.dataset_compactions.execution import execute
from runsheet.dataset_compactions.model import CompactionDue
from runsheet.runtime.queue import worker
from runsheet.runtime.settings import settings

handler = worker(CompactionDue, execute, queue_url=lambda: settings().dataset_compactions_queue_url)
