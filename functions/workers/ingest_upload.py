"""DatasetUploadsQueue: take an uploaded file of records in."""

from runsheet.dataset_uploads.execution import execute
from runsheet.dataset_uploads.model import UploadArrived
from runsheet.runtime.queue import worker
from runsheet.runtime.settings import settings

handler = worker(UploadArrived, execute, queue_url=lambda: settings().dataset_uploads_queue_url)
