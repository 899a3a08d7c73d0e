"""The tables of the lake in template.yaml are those of the datasets."""

from __future__ import annotations

from local.lake_tables import written
from runsheet.datasets import schema
from tests.template.template import ROOT, resources


def test_the_template_has_the_tables_as_they_are_made() -> None:
    text = (ROOT / "template.yaml").read_text()
    assert written(text) == text, "python -m local.lake_tables --write"


def test_every_dataset_has_a_table_with_its_columns_and_no_name_twice() -> None:
    tables = {t["TableInput"]["Name"]: t["TableInput"] for t in resources("AWS::Glue::Table").values()}
    assert tables.keys() == schema.schemas().keys()
    for name, described in schema.schemas().items():
        columns = [column["Name"] for column in tables[name]["StorageDescriptor"]["Columns"]]
        assert columns == [*(column.name for column in described.columns), "_deleted"]
        partition = [key["Name"] for key in tables[name]["PartitionKeys"]]
        assert not set(partition) & set(columns)
        for key in partition:
            assert f"projection.{key}.type" in tables[name]["Parameters"]
