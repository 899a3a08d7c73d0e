"""Give the sample organisation receivables, sync runs and report configs, by way of the public API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from local.errors import LocalStackError
from local.sample_receivables import receivables

if TYPE_CHECKING:
    from local.place import Details
    from local.progress import Progress

_TO = {"recipient_emails": ["finance@example.com"], "cc_emails": ["operations@example.com"]}
# One of each frequency, and of each report that is mailed as a rule.
CONFIGS = (
    {"report_type": "ar_aging_report", "frequency": "weekly", "weekday": 0, "time": "08:00", **_TO},
    {"report_type": "integration_sync_report", "frequency": "daily", "time": "07:30", **_TO},
    {"report_type": "balance.summary.1", "frequency": "monthly", "day_of_month": 1, "time": "09:00", **_TO},
)


def load_samples(details: Details, progress: Progress) -> None:
    """Send the sample records of the small datasets to the first organisation, in test mode, and make its configs.

    Raises:
        LocalStackError: the API refuses some.
    """
    datasets = receivables(datetime.now(UTC).date())
    count = sum(len(records) for records in datasets.values())
    with (
        progress.step(f"Load {count:,} sample records: invoices, payments, credit memos, sync runs"),
        _api(details) as api,
    ):
        for dataset, records in datasets.items():
            answer = api.post(f"/v1/datasets/{dataset}/records", json=records)
            if answer.is_error:
                raise LocalStackError(
                    f"The sample {dataset} were refused: {answer.status_code} {answer.text}"
                )
    with progress.step(f"Make {len(CONFIGS)} report configs"), _api(details) as api:
        for config in CONFIGS:
            answer = api.post("/v2/report-configs", json=config)
            if answer.is_error:
                raise LocalStackError(f"A sample config was refused: {answer.status_code} {answer.text}")


def _api(details: Details) -> httpx.Client:
    headers = {"Authorization": f"Bearer {details.organisations[0].test_key}"}
    return httpx.Client(base_url=details.base_url, headers=headers, timeout=60, trust_env=False)
