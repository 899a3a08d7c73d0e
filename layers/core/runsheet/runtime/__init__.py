"""What every handler runs in: HTTP, queue and cron entrypoints, settings, AWS clients, the error dialects."""
