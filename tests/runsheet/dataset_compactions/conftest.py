"""A lake that DuckDB can reach, a dataset in it, and a clock that can be moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import catalog
from runsheet.dataset_compactions import execution, service
from runsheet.dataset_compactions import table as compactions
from runsheet.dataset_compactions.model import CompactionDue
from runsheet.datasets import description, ingest, records, table
from runsheet.datasets import service as datasets
from runsheet.engine import report
from runsheet.engine.inputs import Inputs
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests import lake as lakes

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from runsheet.datasets.model import Batch, DataFile

DATASET = "balance_transactions"
COLUMNS = "id, created::varchar, gross, description"
_BOUNDS = {
    "interval_start": int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()),
    "interval_end": int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()),
}
_REPORTS = ("balance.summary.1", "balance_change_from_activity.itemized.3")


@pytest.fixture
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    with lakes.served(monkeypatch):
        yield


@dataclass
class Time:
    """The clock, as far as the code can tell."""

    passed: timedelta = timedelta()

    def pass_(self, seconds: float) -> None:
        self.passed += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    moved, really = Time(), clock.now
    monkeypatch.setattr(clock, "now", lambda: really() + moved.passed)
    return moved


@dataclass
class Data:
    """The dataset of a tenant, and what it is known to hold."""

    tenant: Tenant
    directory: Path
    expected: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    batches: int = 0

    def send(self, *changes: dict[str, Any]) -> None:
        """Send records as an inline batch, which is recent unless it is the first."""
        body = lakes.ndjson(*(one if "deleted" in one else lakes.record(**one) for one in changes))
        records.create(self.tenant, DATASET, body, content_type="application/x-ndjson", batch_id=None)
        self._note(*changes)

    def upload(self, *changes: dict[str, Any], batch_id: str | None = None) -> Batch:
        """Send records as an uploaded file, which is base if its keys are new."""
        self.batches += 1
        path = self.directory / f"upload-{self.batches}"
        path.write_bytes(lakes.ndjson(*(one if "deleted" in one else lakes.record(**one) for one in changes)))
        digest = ingest.content_hash(path, "ndjson")
        given = ingest.Incoming(path, "ndjson", batch_id or path.name, digest)
        batch = ingest.ingest(self.tenant, DATASET, given)
        self._note(*changes)
        return batch

    def random_changes(self, chance: random.Random, count: int = 5) -> list[dict[str, Any]]:
        """Return changes of few keys over many months: new ones, newer versions, moves in time, deletions."""
        made = []
        for _ in range(count):
            key = f"txn_{chance.randrange(30):02d}"
            if chance.random() < 0.2:
                made.append({"id": key, "deleted": True})
            else:
                moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(366 * 24))
                gross = chance.randrange(100, 10_000)
                made.append(
                    {"id": key, "created": moment.isoformat(), "gross": gross, "net": gross - 59}
                    | {"description": f"version {chance.random()}"}
                )
        return made

    def _note(self, *changes: dict[str, Any]) -> None:
        for change in changes:
            if "deleted" in change:
                self.expected.pop(change["id"], None)
            else:
                full = lakes.record(**change)
                created = datetime.fromisoformat(full["created"]).replace(tzinfo=None)
                self.expected[change["id"]] = (
                    change["id"],
                    created.isoformat(sep=" "),
                    full["gross"],
                    full.get("description"),
                )

    @property
    def rows(self) -> list[Any]:
        """What a report would see."""
        return lakes.rows(self.tenant, COLUMNS)

    @property
    def files(self) -> tuple[DataFile, ...]:
        return datasets.snapshot(self.tenant, DATASET).files

    @property
    def levels(self) -> list[str]:
        return sorted(file.level for file in self.files)

    @property
    def count(self) -> int:
        """The number of records that the API shows."""
        return description.retrieve(self.tenant, DATASET).row_count

    @property
    def orphans(self) -> set[str]:
        """Objects that no registration names."""
        return set(lakes.objects()) - {file.key for file in self.files}

    @property
    def attention_at(self) -> int | None:
        """When a compaction is due."""
        key = {"tenant": {"S": self.tenant.partition}, "id": {"S": DATASET}}
        answer = boto3.client("dynamodb").get_item(TableName=settings().dataset_compactions_table, Key=key)
        found = answer.get("Item", {}).get("attention_at")
        return int(found["N"]) if found else None

    @property
    def discarded(self) -> list[str]:
        return [key for one in compactions.discarded(self.tenant, DATASET) for key in one.keys]

    def is_as_expected(self) -> bool:
        """Whether exactly the expected records are there, and their number is known."""
        assert self.rows == [self.expected[key] for key in sorted(self.expected)]
        assert self.count == len(self.expected)
        return True

    def csvs(self, snapshot: Any = None) -> list[bytes]:
        """Run reports over a snapshot (by default the newest) and return their bytes."""
        made = []
        for name in _REPORTS:
            report_type = catalog.report_type(name)
            inputs = Inputs(
                report_type,
                report_type.bind(dict(_BOUNDS)),
                {DATASET: snapshot or datasets.snapshot(self.tenant, DATASET)},
            )
            report.export(
                self.tenant,
                inputs,
                bucket=settings().results_bucket,
                key="results/report.csv",
                on_progress=lambda _: None,
            )
            found = clients.s3().get_object(Bucket=settings().results_bucket, Key="results/report.csv")
            made.append(found["Body"].read())
        return made

    def make_due(self) -> None:
        """Have the dataset looked at, as a registration of many files has."""
        due = compactions.due_operation(self.tenant, DATASET, clock.seconds())
        boto3.client("dynamodb").transact_write_items(TransactItems=[due])

    def compact(self) -> None:
        """Compact the dataset."""
        self.make_due()
        execution.execute(self.message)

    @property
    def message(self) -> CompactionDue:
        return CompactionDue(
            organisation_id=self.tenant.organisation_id, mode=self.tenant.mode, dataset=DATASET
        )


@pytest.fixture
def data(lake: None, tmp_path: Path) -> Data:  # noqa: ARG001
    return Data(Tenant("org_a", "test"), tmp_path)


def swept() -> list[CompactionDue]:
    """Sweep, and return the messages that are then in the queue."""
    service.sweep()
    found = []
    while True:
        answer = boto3.client("sqs").receive_message(
            QueueUrl=settings().dataset_compactions_queue_url, MaxNumberOfMessages=10
        )
        if "Messages" not in answer:
            return found
        for message in answer["Messages"]:
            found.append(CompactionDue.model_validate_json(message["Body"]))
            boto3.client("sqs").delete_message(
                QueueUrl=settings().dataset_compactions_queue_url, ReceiptHandle=message["ReceiptHandle"]
            )


__all__ = ["COLUMNS", "DATASET", "Data", "Time", "swept", "table"]
