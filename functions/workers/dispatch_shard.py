"""DispatchQueue: start the runs of one shard's report configs that are due."""

from runsheet.report_configs.dispatching import dispatch_shard
from runsheet.report_configs.objects import ShardDue
from runsheet.runtime.queue import worker
from runsheet.runtime.settings import settings

handler = worker(ShardDue, dispatch_shard, queue_url=lambda: settings().dispatch_queue_url)
