"""Give the sample organisations receivables, sync runs, report configs and usage, by way of the public API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from local.errors import LocalStackError
from local.sample_receivables import receivables
from local.sample_usage import usage

if TYPE_CHECKING:
    from local.place import Details
    from local.progress import Progress
    from local.sample_people import Columns

_TO = {"recipient_emails": ["finance@example.com"], "cc_emails": ["operations@example.com"]}
# One of each frequency, and of each report that is mailed as a rule.
CONFIGS = (
    {"report_type": "ar_aging_report", "frequency": "weekly", "weekday": 0, "time": "08:00", **_TO},
    {"report_type": "integration_sync_report", "frequency": "daily", "time": "07:30", **_TO},
    {"report_type": "balance.summary.1", "frequency": "monthly", "day_of_month": 1, "time": "09:00", **_TO},
)


def load_samples(details: Details, progress: Progress) -> None:
    """Send the sample records of the small datasets to the first organisation, in test mode, and make its configs.

    Account usage goes to every organisation, in both modes.

    Raises:
        LocalStackError: the API refuses some.
    """
    today = datetime.now(UTC).date()
    first = details.organisations[0].test_key
    datasets = receivables(today)
    with progress.step(
        f"Load {_count(datasets):,} sample records: invoices, payments, credit memos, sync runs"
    ):
        _load(details, first, datasets)
    with progress.step(f"Make {len(CONFIGS)} report configs"), _api(details, first) as api:
        for config in CONFIGS:
            answer = api.post("/v2/report-configs", json=config)
            if answer.is_error:
                raise LocalStackError(f"A sample config was refused: {answer.status_code} {answer.text}")
    used = usage(today, [organisation.id for organisation in details.organisations[1:]])
    with progress.step(
        f"Load {sum(map(_count, used)):,} sample records of account usage, in live and test mode"
    ):
        for organisation, own in zip(details.organisations, used, strict=True):
            for key in (organisation.live_key, organisation.test_key):
                _load(details, key, own)


def _load(details: Details, key: str, datasets: dict[str, list[Columns]]) -> None:
    with _api(details, key) as api:
        for dataset, records in datasets.items():
            answer = api.post(f"/v1/datasets/{dataset}/records", json=records)
            if answer.is_error:
                raise LocalStackError(
                    f"The sample {dataset} were refused: {answer.status_code} {answer.text}"
                )


def _count(datasets: dict[str, list[Columns]]) -> int:
    return sum(map(len, datasets.values()))


def _api(details: Details, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=details.base_url, headers=headers, timeout=60, trust_env=False)
