"""Every 15 minutes: ask for a dispatcher of every shard of report configs."""

from runsheet.report_configs.dispatching import dispatch_due
from runsheet.runtime.cron import scheduled

handler = scheduled(dispatch_due)
