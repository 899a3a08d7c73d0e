"""The Glue tables of the lake, as template.yaml has them: python -m local.lake_tables [--write].

They are made from the schemas of the datasets; a test holds the template against this. The partitions' names begin with
`lake_`, as a dataset may have a column that is called `mode`.
"""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from local.place import ROOT
from runsheet.datasets import schema

if TYPE_CHECKING:
    from runsheet.datasets.model import Schema

_TEMPLATE = ROOT / "template.yaml"
_BEGIN = "  # The tables of the lake, made by `python -m local.lake_tables --write`.\n"
_END = "  # The end of the tables of the lake.\n"
_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "bigint",
    "DECIMAL(18,9)": "decimal(18,9)",
    "TIMESTAMP": "timestamp",
    "DATE": "date",
    "BOOLEAN": "boolean",
    "MAP(VARCHAR, VARCHAR)": "map<string,string>",
}
# Whether a line deletes the record of its key; a column of every file, and of no schema.
_DELETED = ("_deleted", "BOOLEAN")
_WIDTH = 160
_TABLE = """\
  {logical_id}:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref LakeDatabase
      TableInput:
        Name: {dataset}
        TableType: EXTERNAL_TABLE
        PartitionKeys: [{{ Name: lake_organisation, Type: string }}, {{ Name: lake_mode, Type: string }}]
        Parameters:
          classification: parquet
          projection.enabled: "true"
          projection.lake_organisation.type: injected # a query names the organisation, or fails
          projection.lake_mode.type: enum
          projection.lake_mode.values: live,test
          storage.location.template: !Sub "s3://${{LakeBucket}}/lake/{dataset}/${{!lake_organisation}}/${{!lake_mode}}/"
        StorageDescriptor:
          Location: !Sub "s3://${{LakeBucket}}/lake/{dataset}/"
          InputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat
          OutputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat
          SerdeInfo: {{ SerializationLibrary: org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe }}
          Columns:
            [
{columns}
            ]
"""


def glue_type(kind: str) -> str:
    """Return the type that Glue has for one of a dataset's columns.

    Raises:
        KeyError: a type that no dataset had before.
    """
    return _TYPES[kind]


def tables() -> str:
    """Return the resources, as they stand in the template."""
    return "\n".join(_table(described) for described in schema.schemas().values())


def written(template: str) -> str:
    """Return the text of a template with these tables in place of those it has."""
    before, _, rest = template.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{tables()}{_END}{after}"


def _table(described: Schema) -> str:
    columns = [*((column.name, column.type) for column in described.columns), _DELETED]
    # `Name: x` with no-break spaces, so that no line ends within a column.
    listed = ", ".join(
        f"{{ Name: {name}, Type: {_scalar(glue_type(kind))} }}".replace(" ", "\xa0") for name, kind in columns
    )
    lines = textwrap.fill(
        listed,
        _WIDTH,
        initial_indent=" " * 14,
        subsequent_indent=" " * 14,
        break_long_words=False,
        break_on_hyphens=False,
    )
    name = "".join(word.capitalize() for word in described.dataset.split("_"))
    return _TABLE.format(
        logical_id=f"{name}LakeTable", dataset=described.dataset, columns=lines.replace("\xa0", " ")
    )


def _scalar(kind: str) -> str:
    return f'"{kind}"' if "," in kind else kind


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Prints the Glue tables of the lake.")
    parser.add_argument("--write", action="store_true", help="put them into template.yaml")
    if parser.parse_args().write:
        _TEMPLATE.write_text(written(_TEMPLATE.read_text()))
    else:
        print(tables(), end="")
