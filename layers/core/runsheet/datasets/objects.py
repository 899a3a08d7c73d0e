"""Datasets and batches as the API shows them. Apart from `model`, which routes of other nouns read without pydantic."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from runsheet.runtime.model import FormInt, Model


def _no_time(value: object) -> object:
    return None if value == "" else value


class DatasetChanges(Model):
    """The body of update: `complete_through` in unix seconds, or empty to unset it."""

    complete_through: Annotated[FormInt | None, BeforeValidator(_no_time)]


class ColumnObject(Model):
    """A column, as the API shows it."""

    name: str
    type: Literal["text", "integer", "decimal", "timestamp", "date", "boolean", "map"]
    nullable: bool
    meaning: str


class DatasetObject(Model):
    """A dataset, as the API shows it; times are unix seconds."""

    id: str
    object: Literal["dataset"] = "dataset"
    livemode: bool
    title: str
    columns: list[ColumnObject]
    key_column: str
    time_column: str
    row_count: int
    first_record_at: int | None
    last_record_at: int | None
    complete_through: int | None
    updated: int | None


class DatasetList(Model):
    """All datasets, on one page."""

    object: Literal["list"] = "list"
    url: Literal["/v1/datasets"] = "/v1/datasets"
    has_more: Literal[False] = False
    data: list[DatasetObject]


class BatchQuery(Model):
    """The query of a batch of records."""

    batch_id: str | None = None


class BatchObject(Model):
    """A batch, as the API shows it."""

    id: str
    object: Literal["dataset_batch"] = "dataset_batch"
    created: int
    dataset: str
    deleted_count: int
    livemode: bool
    row_count: int


class DeletedRecord(Model):
    """The answer to a deletion."""

    id: str
    object: Literal["dataset_record"] = "dataset_record"
    dataset: str
    deleted: Literal[True] = True
