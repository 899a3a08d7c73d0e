"""Give the sample organisation invoices, payments, credit memos and sync runs, by way of the public API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from local.errors import LocalStackError
from local.sample_receivables import receivables

if TYPE_CHECKING:
    from local.place import Details
    from local.progress import Progress


def load_receivables(details: Details, progress: Progress) -> None:
    """Send the sample records of the small datasets to the first organisation, in test mode.

    Raises:
        LocalStackError: the API refuses some.
    """
    datasets = receivables(datetime.now(UTC).date())
    count = sum(len(records) for records in datasets.values())
    with (
        progress.step(f"Load {count:,} sample records: invoices, payments, credit memos, sync runs"),
        httpx.Client(
            base_url=details.base_url,
            auth=(details.organisations[0].test_key, ""),
            timeout=60,
            trust_env=False,
        ) as api,
    ):
        for dataset, records in datasets.items():
            answer = api.post(f"/v1/datasets/{dataset}/records", json=records)
            if answer.is_error:
                raise LocalStackError(
                    f"The sample {dataset} were refused: {answer.status_code} {answer.text}"
                )
