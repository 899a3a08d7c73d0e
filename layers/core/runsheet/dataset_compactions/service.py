"""Ask for the compactions that are due. Nothing here needs the engine."""

from __future__ import annotations

from runsheet import leases
from runsheet.dataset_compactions import table
from runsheet.dataset_compactions.model import CompactionDue
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings


def sweep() -> None:
    """Queue the datasets that are to be looked at and that nobody holds. Safe at any time."""
    now = clock.seconds()
    for shard in leases.SHARDS:
        for tenant, dataset in table.needing_attention(shard, now=now):
            if table.note_queued(tenant, dataset, now=now):
                message = CompactionDue(
                    organisation_id=tenant.organisation_id, mode=tenant.mode, dataset=dataset
                )
                clients.sqs().send_message(
                    QueueUrl=settings().dataset_compactions_queue_url, MessageBody=message.model_dump_json()
                )
